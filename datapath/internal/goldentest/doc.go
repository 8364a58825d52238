// Package goldentest reads the captures of frames that another implementation made. It serves the tests of
// package datapath and below only.
//
//	testdata/golden/encapsulation/FILE ──► Frames(t, FILE) ──► octets of each frame
//
// Its one function may be called from anywhere.
package goldentest
