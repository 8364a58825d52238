// Package histogram counts durations in memory of a fixed size, so that quantiles of any number of them
// can be told. It is of the kind of HdrHistogram: between a duration and its double lie as many buckets
// as between any other and its double, so the error is a share of what is told and not a time.
//
//	0   1   2 ... 255 | 256 258 ... 510 | 512 516 ... 1020 | 1024 ... ns
//	one a bucket      | two a bucket    | four a bucket    | eight ...
//
// A [Histogram] takes 57 KiB. Its zero value is empty and ready.
//
// Concurrency: any goroutine may add to a Histogram and read it at any time.
package histogram
