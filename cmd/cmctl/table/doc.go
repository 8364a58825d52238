// Package table prints what a person reads in columns, and makes text from elsewhere fit to be printed.
//
//	VPI/VCI  STATE  VC           headings
//	0/32     N10    0x100000002  a row of cells
//	0/33     N3     -            an empty cell
//
// Names and reasons come from daemons, peers and files: what would disturb a terminal or the columns shows as a
// question mark ([Printable]).
//
// Concurrency: a [Table] is for one goroutine at a time.
package table
