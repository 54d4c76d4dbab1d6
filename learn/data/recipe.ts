/** What shall be done to features before a model sees them: a wish, not yet fitted to any rows. */

/** What may replace a missing value. */
export const IMPUTATIONS = ['mean', 'median', 'most_frequent', 'none'] as const;
/** How numbers may be scaled. */
export const SCALINGS = ['standard', 'minmax', 'none'] as const;

/** How missing values are to be filled and numbers scaled. */
export interface PreprocessingRecipe {
  /**
   * What replaces a missing number. A missing category is replaced by the most frequent one, whatever is chosen here,
   * except under `none`, which refuses missing values.
   */
  readonly impute: (typeof IMPUTATIONS)[number];
  /** `standard`: mean 0, standard deviation 1 (of the population); `minmax`: 0..1. Both on the training rows. */
  readonly scale: (typeof SCALINGS)[number];
}

/** What training does when nobody attached a recipe. */
export const DEFAULT_RECIPE: PreprocessingRecipe = { impute: 'median', scale: 'standard' };
