// Package fsmtest covers the state tables of a package by its own tests. Every cell must have fired when
// they are over, or stand in a list with the reason; a cell that stands there must not have fired, so
// the list stays true.
//
//	//go:embed testdata/unfired.txt
//	var unfired string
//
//	func TestMain(m *testing.M) {
//		os.Exit(fsmtest.Run(m, os.Stderr, unfired, map[string]fsmtest.Table{"call": table}))
//	}
//
// A line of the list names the table, the cell as state and event, and the reason; # begins a comment:
//
//	call: U0, T301 expiry: no timer runs in the null state
//
// The check is made when all tests have run and passed: not with -run, -skip, -short or -fuzz.
package fsmtest
