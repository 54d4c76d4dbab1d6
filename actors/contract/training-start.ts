/** The body of `POST /training/start`: the three configs of a job, and what they must agree on. */
import { z } from 'zod';
import { dataConfig } from './data-config.js';
import { description, path, title } from './fields.js';
import { modelConfig } from './model-config.js';
import { needsValidation } from './monitors.js';
import { schedulerOf } from './scheduler-words.js';
import { earlyStoppingOf, trainingConfig } from './training-config.js';

export const trainingStart = z
  .strictObject({
    name: title.optional(),
    description,
    model_config: modelConfig.prefault({}),
    data_config: dataConfig.prefault({}),
    training_config: trainingConfig.prefault({}),
    resume_from: path.optional().describe('The checkpoint to go on from.'),
  })
  .superRefine((body, context) => {
    const { model_config: model, data_config: data, training_config: training } = body;
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const classes = model.num_classes ?? data.class_names?.length;
    if (data.class_names !== undefined && data.class_names.length !== classes) {
      refuse(
        ['data_config', 'class_names'],
        `has ${data.class_names.length} names for ${classes} classes (model_config.num_classes)`,
      );
    }
    if (Array.isArray(training.class_weights) && classes !== undefined && training.class_weights.length !== classes) {
      refuse(
        ['training_config', 'class_weights'],
        `has ${training.class_weights.length} weights for ${classes} classes: give one a class`,
      );
    }
    if (data.split.val === 0) {
      const mend = 'and data_config.split.val is 0: give it a share, or take "train_loss"';
      const stopping = earlyStoppingOf(training);
      const schedule = schedulerOf(training);
      if (schedule.type === 'plateau' && schedule.monitor !== undefined && needsValidation(schedule.monitor))
        refuse(['training_config', 'scheduler', 'monitor'], `${schedule.monitor} needs validation rows, ${mend}`);
      if (training.monitor !== undefined && needsValidation(training.monitor)) {
        refuse(['training_config', 'monitor'], `${training.monitor} needs validation rows, ${mend}`);
      } else if (stopping !== undefined && needsValidation(stopping.monitor)) {
        refuse(['training_config', 'early_stopping'], `${stopping.monitor} needs validation rows, ${mend}`);
      }
    }
  });

export type TrainingStart = z.infer<typeof trainingStart>;
