// Package bench makes one result of the benchmarks of all packages: what `make bench` measures, the targets it
// is held to, the table it prints and the comparison of two results. The measurements themselves are Go
// benchmarks beside the code that they measure, and in lab/e2e for the whole; package suite is the program that
// runs them.
//
//	lab/e2e, datapath, ...       suite                       files
//	  func BenchmarkVC  --rows--> runs, shows progress -----> result.json, result.md
//	    Measure, Report            adds targets, machine      compare: two results
//
// A benchmark measures in pairs: ours and what it is compared with in turn, in the same seconds, so that what
// else the machine does hits both. The figure of a row is the median of the pairs, its ratio the median of the
// pairs' ratios.
//
// # Environment
//
//	BENCH_ROWS   file that a benchmark adds its events to, one JSON object a line; unset: none
//	BENCH_PAIRS  pairs in a measurement; 5
//	BENCH_TURN   how long one turn of a pair sends, as a Go duration; 350ms
//	BENCH_PROFILES  directory for CPU profiles of the daemons; unset: none
//
// # The result
//
// A result is one JSON object. Field by field:
//
//	schema    int      1; a field may be added without a new number
//	when      string   time of the start, RFC 3339
//	machine   object   cpu (as /proc/cpuinfo names it), cores, kernel (release), go (version), load (average
//	                   of the minute before the start)
//	commit    string   revision of the source, with "+changes" if files differed from it
//	pairs     int      pairs in a measurement
//	turn_s    number   seconds of sending in a turn
//	took_s    number   seconds that the run took
//	rows      array    one object a row, in the order of the table:
//	  id      string   name of the row, the same in every result
//	  measure string   what it is, for people
//	  unit    string   of ours, beside and udp: SDU/s, µs, ns, GB/s, SDUs, cycles/s or KiB
//	  ours    spread   our figure
//	  beside  object   what it is compared with: name (string) and figure (spread)
//	  udp     spread   the same work by UDP sockets
//	  ratio   spread   ours / beside, pair by pair
//	  others  object   further figures by name, each a spread; a name ends with its unit
//	  target  object   of ("ratio" or "figure"), least or most (number)
//	  met     bool     whether the median meets the target, or every measurement one of 0
//	  missing string   why there are no figures; the fields from ours to met are absent then
//
// A spread is an object: median, min, max (numbers) and samples (array, in the order of the pairs). Fields
// that a row does not have are absent.
//
// Concurrency: nothing here is for more than one goroutine at a time.
package bench
