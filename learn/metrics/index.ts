/** How good a classifier is, and how sure one can be of it. */
export { type BootstrapOptions, type BootstrapResult, bootstrap, type Interval, type Statistic } from './bootstrap.js';
export { type BinaryCounts, binaryCounts, confusionMatrix } from './confusion-matrix.js';
export { METRIC_NAMES, type MetricName } from './figures.js';
export { accuracy, balancedAccuracy, RATES, type RateName, rate } from './rates.js';
export { type ClassificationReport, classificationReport, type MetricValue, type ReportInput } from './report.js';
export { macroAuc, rocAuc } from './roc-auc.js';
export { brier, crossEntropy } from './scores.js';
export { type YoudenThreshold, youdenThreshold } from './youden.js';
