/** @file Typed lint: the strict rules of typescript-eslint, minus those that make tensor and numeric code worse. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules/', 'runs/', 'coverage/', 'dist/', '.cache/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // With noUncheckedIndexedAccess every `data[i]` of a typed array is `number | undefined`: `!` is the honest spelling.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Index loops over typed arrays are the fast and the clear form.
      '@typescript-eslint/prefer-for-of': 'off',
      // Numbers and booleans in messages need no String().
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `{ unwanted: _, ...rest }` is how a key is left out.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A type parameter used once spares the caller a cast.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // The compiler demands index access with brackets (noPropertyAccessFromIndexSignature).
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // An empty environment variable or option means "not given": `||` is right for strings.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // Interfaces here are plain objects of functions without `this`, made to be taken apart.
      '@typescript-eslint/unbound-method': 'off',
      // Optional keys of plain records are removed by name.
      '@typescript-eslint/no-dynamic-delete': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { URL: 'readonly', console: 'readonly', process: 'readonly' } },
  },
);
