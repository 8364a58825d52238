package main

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
)

// freshEnv tells a process that it was started for [TestBallast].
const freshEnv = "CMD_DAEMON_TEST_FRESH"

// TestBallast: the collector waits for twice the ballast, which takes no memory of the system. It has a process of
// its own, as the daemon has: memory that was in use before is cleared, and so touched.
func TestBallast(t *testing.T) {
	if os.Getenv(freshEnv) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBallast$") //nolint:gosec // this program
		cmd.Env = append(os.Environ(), freshEnv+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
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
