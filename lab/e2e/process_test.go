package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"callmanager/lab"
)

// footprint is what a process holds.
type footprint struct {
	FDs, Memory int // descriptors, and mappings of VCs' rings
	Threads     int
	RSS         int // in KiB
}

// footprintOf looks at the daemon of a host.
func footprintOf(tb testing.TB, h *lab.Host) (f footprint) {
	tb.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(h.PID))
	fds, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		tb.Fatal(err)
	}
	f.FDs = len(fds)
	maps, err := os.ReadFile(filepath.Join(dir, "maps"))
	if err != nil {
		tb.Fatal(err)
	}
	f.Memory = bytes.Count(maps, []byte("memfd:"))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "Threads":
			f.Threads = n
		case "VmRSS":
			f.RSS = n
		}
	}
	return f
}

// descriptorsOf tells what the descriptors of a host's daemon are, for whoever reads a failure.
func descriptorsOf(h *lab.Host) string {
	paths, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(h.PID), "fd", "*"))
	names := make([]string, 0, len(paths))
	for _, p := range paths {
		if to, err := os.Readlink(p); err == nil { // else closed meanwhile
			names = append(names, to)
		}
	}
	return strings.Join(names, ", ")
}

// awaitFootprint waits until a daemon holds no more than it did: descriptors and mappings exactly, threads
// and memory with the room that the Go runtime takes.
func awaitFootprint(tb testing.TB, h *lab.Host, before footprint) {
	tb.Helper()
	rss := 128 << 10
	if raceEnabled { // The detector's memory is not given back.
		rss = 1 << 30
	}
	eventually(tb, h.Name+" holds no more than before", func() error {
		now := footprintOf(tb, h)
		if now.FDs > before.FDs || now.Memory > before.Memory || now.Threads > before.Threads+16 || now.RSS > before.RSS+rss {
			return fmt.Errorf("before %+v, now %+v with %s", before, now, descriptorsOf(h))
		}
		return nil
	})
}
