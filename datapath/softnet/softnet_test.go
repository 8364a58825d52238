package softnet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callmanager/datapath/softnet"
)

// cpu is a processor's line of softnet_stat.
func cpu(processed, waiting string) string {
	return processed + strings.Repeat(" 00000000", 10) + " " + waiting + " 00000000 00000000 00000000\n"
}

func TestBacklog(t *testing.T) {
	for _, row := range []struct {
		rule        string
		before, now string
		want        bool
	}{
		{"nothing waits", cpu("00000010", "00000000"), cpu("00000010", "00000000"), true},
		{"what waited waits still", cpu("00000010", "00000003"), cpu("00000012", "00000001"), false},
		{"what waited has passed, others wait", cpu("00000010", "00000003"), cpu("00000013", "00000009"), true},
		{"the count wraps", cpu("fffffffe", "00000003"), cpu("00000001", "00000009"), true},
		{"the queue is empty", cpu("00000010", "00000003"), cpu("00000011", "00000000"), true},
		{
			"one processor of two", cpu("00000010", "00000000") + cpu("00000010", "00000005"),
			cpu("00000020", "00000000") + cpu("00000014", "00000001"), false,
		},
		{"an old kernel tells nothing", "00000010 00000000\n", "00000010 00000000\n", true},
		{"no numbers", cpu("zzzzzzzz", "00000000"), cpu("zzzzzzzz", "00000000"), true},
		{"nothing at all", "", "", true},
	} {
		if got := softnet.Parse(row.before).Passed(softnet.Parse(row.now)); got != row.want {
			t.Errorf("%s: passed %v, want %v", row.rule, got, row.want)
		}
	}
}

// TestHoldup: a frame that has gone through a backlog may wait in the next one.
func TestHoldup(t *testing.T) {
	const none = "00000000"
	busy := []string{cpu("00000010", "00000002")}
	for i := range 8 { // each time those two have gone through, and two wait
		busy = append(busy, cpu(fmt.Sprintf("%08x", 0x12+2*i), "00000002"))
	}
	for _, row := range []struct {
		rule     string
		readings []string
		want     int
	}{
		{"nothing waits", []string{cpu("00000010", none), cpu("00000010", none)}, 1},
		{"nothing waited, others came", []string{cpu("00000010", none), cpu("00000010", "00000001"), cpu("00000011", none)}, 2},
		{
			"behind a bridge it waits again",
			[]string{cpu("00000010", "00000001"), cpu("00000010", "00000001"), cpu("00000011", "00000001"), cpu("00000012", none)},
			3,
		},
		{
			"on another processor", []string{
				cpu("00000010", "00000001") + cpu("00000010", none), cpu("00000011", none) + cpu("00000010", "00000001"),
				cpu("00000011", none) + cpu("00000011", none),
			}, 2,
		},
		{"never idle", busy, 4},
		{"stuck", []string{cpu("00000010", "00000001"), cpu("00000010", "00000001"), cpu("00000010", "00000001")}, 0},
		{"an old kernel tells nothing", []string{"", ""}, 1},
	} {
		if got := over(row.readings...); got != row.want {
			t.Errorf("%s: over at %d, want %d", row.rule, got, row.want)
		}
	}
}

// over returns which of the readings after the first ends the wait for what had waited in it, or 0.
func over(readings ...string) int {
	h := softnet.Hold(softnet.Parse(readings[0]))
	for i, now := range readings[1:] {
		if h.Over(softnet.Parse(now)) {
			return i + 1
		}
	}
	return 0
}

// TestReader reads a file of more processors than its memory is for at first, again after it has changed, and one
// that does not exist.
func TestReader(t *testing.T) {
	name := filepath.Join(t.TempDir(), "softnet_stat")
	write := func(processors string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(processors), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	r := softnet.OpenFile(name)
	defer r.Close()
	const processors = 300
	for i := range 3 {
		text := strings.Repeat(cpu("00000010", "00000001"), processors-1) + cpu(fmt.Sprintf("%08x", 0x11+i), "00000001")
		write(text)
		if got := r.Read(); len(got) != processors || !slices.Equal(got, softnet.Parse(text)) {
			t.Fatalf("reading %d has %d processors, of %d, or other figures", i, len(got), processors)
		}
	}
	none := softnet.OpenFile(name + ".none")
	if b := none.Read(); b != nil {
		t.Errorf("%d processors are read from no file", len(b))
	}
	none.Close()
}

// TestKernelTells reads what the kernel of this host says: a line for at least one processor.
func TestKernelTells(t *testing.T) {
	stat, err := os.ReadFile("/proc/thread-self/net/softnet_stat")
	if err != nil {
		t.Skip(err)
	}
	if first, _, _ := strings.Cut(string(stat), "\n"); len(strings.Fields(first)) < 12 {
		t.Skip("this kernel tells of no backlog")
	}
	r := softnet.Open()
	defer r.Close()
	if len(r.Read()) == 0 {
		t.Error("no processor is on line")
	}
}
