/** First values of weights. */
export { type Fans, fansOf } from './fans.js';
export { fillWith, initialTensor } from './fill.js';
export { gainOf, type Nonlinearity } from './gain.js';
export { layerDefaults } from './layer-defaults.js';
export type { InitializationSettings, KaimingSettings, XavierSettings } from './settings.js';
