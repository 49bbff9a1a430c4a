// Loaded before each test file; what it imports, once in a process.
import './equal-bytes.ts';
