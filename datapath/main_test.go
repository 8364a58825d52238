package datapath_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"callmanager/datapath/ring"
)

// TestMain fails if a goroutine, a socket or a ring of this package outlives the tests.
func TestMain(m *testing.M) {
	before := openDescriptors()
	code := m.Run()
	if code == 0 {
		if left := leaked(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
			code = 1
		}
		if after := openDescriptors(); after > before+2+ring.MaxBerths { // The runtime's poller makes two of its own.
			fmt.Fprintf(os.Stderr, "descriptors left behind: %d before, %d after\n", before, after)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked returns the stacks of goroutines that run this project's code.
func leaked() string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var left []string
	for _, s := range stacks[1:] {
		if strings.Contains(s, "callmanager/") {
			left = append(left, s)
		}
	}
	return strings.Join(left, "\n\n")
}

// openDescriptors counts this process's sockets, event descriptors and memory files.
func openDescriptors() (n int) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		link, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && (strings.HasPrefix(link, "socket:") || strings.HasPrefix(link, "anon_inode:") || strings.Contains(link, "memfd:")) {
			n++
		}
	}
	return n
}
