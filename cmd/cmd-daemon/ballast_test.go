package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
)

// TestBallast: the collector waits for twice the ballast, which takes no memory of the system.
func TestBallast(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // whatever GOGC says
	before := resident(t)
	release := holdBallast()
	runtime.GC()
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(goal)
	if g := goal[0].Value.Uint64(); g < 2*ballastOctets {
		t.Errorf("the collector's goal is %d octets", g)
	}
	if now := resident(t); now > before+ballastOctets/2 {
		t.Errorf("%d octets were resident, %d are", before, now)
	}
	release()
}

// resident returns how much memory this process has of the system.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
