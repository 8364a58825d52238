package aal5_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"callmanager/datapath/aal5"
	"callmanager/lab/bench"
)

// isal is the program testdata/isal.c, running.
type isal struct {
	in  io.Writer
	out *bufio.Reader
}

func startISAL(b *testing.B) isal {
	b.Helper()
	if _, err := os.Stat("/usr/include/isa-l/crc.h"); err != nil {
		bench.Skip(b, "no libisal-dev to compare with: scripts/deps.sh bench")
	}
	program := filepath.Join(b.TempDir(), "isal")
	out, err := exec.CommandContext(b.Context(), "gcc", "-O2", "-o", program, "testdata/isal.c", "-lisal").CombinedOutput()
	if err != nil {
		bench.Skip(b, fmt.Sprintf("gcc: %v: %s", err, out))
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	return isal{in, bufio.NewReader(answers)}
}

// time is the processor time of so many calls of crc32_ieee, in ns.
func (s isal) time(tb testing.TB, size, calls int) (ns float64) {
	tb.Helper()
	var crc uint32
	fmt.Fprintln(s.in, size, calls)
	if _, err := fmt.Fscan(s.out, &ns, &crc); err != nil {
		tb.Fatal(err)
	}
	if want := aal5.Update(0, counting(size)); crc != want {
		tb.Fatalf("%d octets: ISA-L says %08x, Update %08x", size, crc, want)
	}
	return ns
}
