/** @file Keeps TensorFlow's informational start-up lines off the terminal; imported before anything loads the library. */
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
