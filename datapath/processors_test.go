package datapath_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/nicio/mem"
)

// bound counts the threads of this process that may run on one processor alone, by processor: all, or all but the
// first one, which the runtime sets aside for good when it is to end.
func bound(tb testing.TB, all bool) map[int]int {
	tb.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	must(tb, err)
	n := make(map[int]int)
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		must(tb, err)
		if tid == os.Getpid() && !all {
			continue
		}
		var set unix.CPUSet
		if unix.SchedGetaffinity(tid, &set) != nil || set.Count() != 1 {
			continue // It has ended meanwhile, or runs anywhere.
		}
		for cpu := 0; ; cpu++ {
			if set.IsSet(cpu) {
				n[cpu]++
				break
			}
		}
	}
	return n
}

// TestWorkersHaveProcessors binds each worker, a receiver and a transmitter, to a processor, and no other thread;
// none stays bound when the engine is closed.
func TestWorkersHaveProcessors(t *testing.T) {
	var may unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &may))
	if may.Count() < 2 {
		t.Skip("all threads have one processor, as there is one")
	}
	var cpus []int
	for cpu := 0; len(cpus) < 2; cpu++ {
		if may.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	with(t, 2)
	w := mem.New(mem.Config{})
	e := newEngine(t, nicA, station(t, w, macA), macB, func(c *datapath.Config) { c.CPUs = cpus })
	e.Start()
	await := func(each int) {
		t.Helper()
		var got map[int]int
		for limit := time.Now().Add(patience); time.Now().Before(limit); runtime.Gosched() {
			if got = bound(t, each > 0); got[cpus[0]] == each && got[cpus[1]] == each {
				return
			}
		}
		t.Fatalf("threads bound to processors: %v, want %d to each of %v", got, each, cpus)
	}
	await(2)
	must(t, e.Close())
	await(0)
}
