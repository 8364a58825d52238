package ring_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"callmanager/datapath/ring"
)

// TestMain fails if a goroutine or a descriptor of this package outlives the tests.
func TestMain(m *testing.M) {
	// The command line still overrides this: longer walks wrap the larger rings, too.
	if err := flag.Set("rapid.steps", "150"); err != nil {
		panic(err)
	}
	before := openDescriptors()
	code := m.Run()
	if hostileDir != "" {
		_ = os.RemoveAll(hostileDir)
	}
	if code == 0 {
		if left := leaked(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
			code = 1
		}
		if after := openDescriptors(); after > before+1 { // The runtime's poller may have made its own.
			fmt.Fprintf(os.Stderr, "descriptors left behind: %d before, %d after\n", before, after)
			code = 1
		}
	}
	os.Exit(code)
}

// hostileDir holds the compiled C client.
var hostileDir string

// leaked returns the stacks of goroutines that run this package's code.
func leaked() string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var left []string
	for _, s := range stacks[1:] {
		if strings.Contains(s, "callmanager/datapath/ring") {
			left = append(left, s)
		}
	}
	return strings.Join(left, "\n\n")
}

// openDescriptors counts this process's sockets and memory files.
func openDescriptors() (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if link, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil &&
			(strings.HasPrefix(link, "socket:") || strings.Contains(link, "memfd:")) {
			n++
		}
	}
	return n
}

// newPair returns both ends of rings on heap memory.
func newPair(tb testing.TB, p ring.Params) (daemon, client *ring.Endpoint) {
	tb.Helper()
	daemon, client, err := ring.New(p, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeAll(tb, daemon, client) })
	return daemon, client
}

// newShared returns both ends of rings on a memfd, each with its own mapping, as two processes have them.
func newShared(tb testing.TB, p ring.Params) (daemon, client *ring.Endpoint) {
	tb.Helper()
	daemon, fds, err := ring.Create(p)
	if err != nil {
		tb.Fatal(err)
	}
	client, err = ring.Open(fds)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeAll(tb, daemon, client) })
	return daemon, client
}

// closeAll closes endpoints and waits for the end of each.
func closeAll(tb testing.TB, ends ...*ring.Endpoint) {
	tb.Helper()
	for _, e := range ends {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
		<-e.Done()
	}
}

// memories are the kinds of memory that rings lie on.
var memories = []struct {
	name string
	open func(testing.TB, ring.Params) (daemon, client *ring.Endpoint)
}{{"memory=heap", newPair}, {"memory=memfd", newShared}}
