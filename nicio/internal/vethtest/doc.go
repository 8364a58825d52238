// Package vethtest gives a test a network namespace of its own with a veth pair in it. It serves
// the tests of package nicio and below only.
//
//	test thread, new namespace:   hv0 ════ hv1
//
// The namespace belongs to the thread that called [New] and to every descriptor opened on it; it
// ends with the last of them, so a test that dies leaves nothing behind. Other interfaces are never
// touched. The methods of [Net] may be called from any goroutine; sockets are to be opened by the
// goroutine that called New.
//
//	n := vethtest.New(t)
//	port, err := nicio.Open(nicio.Config{Interface: vethtest.A})
package vethtest
