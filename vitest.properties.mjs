import fc from 'fast-check';

// Property tests draw new cases on every run of a developer. What lands must not depend on luck: there the cases are the same each time.
if (process.env.CI) fc.configureGlobal({ seed: 20_261_123 });
