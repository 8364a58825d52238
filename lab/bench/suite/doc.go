// Command suite is what `make bench`, `make bench-compare` and `make bench-readme` run, in the root of the
// repository:
//
//	suite run [--match REGEXP] [--out FILE] [--profiles DIRECTORY]
//	suite compare OLD NEW
//	suite readme RESULT README.md
//
// run builds the benchmarks of the suite, runs them, shows progress on its standard error and prints the table on its standard
// output. It writes the result to the file, the table beside it with the ending .md, and all that the benchmarks
// print beside it with the ending .log. It fails if a benchmark does, not if a target is missed.
//
// The exit code is 0, 1 after a failure or 2 for a wrong command line.
package main
