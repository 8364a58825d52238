package vc_test

import (
	"os"
	"path/filepath"
	"testing"

	"callmanager/vc"
)

func TestID(t *testing.T) {
	if id := vc.Signalling(4); id != (vc.ID{Link: 4, VCI: 5}) || id.Callable() || id.String() != "4:0/5" {
		t.Errorf("signalling is %v", id)
	}
	for _, row := range []struct {
		id   vc.ID
		want bool
	}{
		{vc.ID{VCI: 32}, true},
		{vc.ID{VPI: 14, VCI: 65535}, true},
		{vc.ID{VCI: 31}, false},
		{vc.ID{VPI: 15, VCI: 100}, false},
	} {
		if row.id.Callable() != row.want {
			t.Errorf("%v callable: %v", row.id, !row.want)
		}
	}
}

func TestHandle(t *testing.T) {
	for _, row := range []struct {
		in   string
		want vc.Handle
	}{
		{"0x100000007", 0x100000007}, {"0XAB", 0xab}, {" 7 ", 7}, {"010", 10}, {"0xffffffffffffffff", ^vc.Handle(0)},
	} {
		h, err := vc.ParseHandle(row.in)
		if err != nil || h != row.want {
			t.Errorf("%q is %v, %v, want %v", row.in, h, err, row.want)
		}
		if again, err := vc.ParseHandle(h.String()); err != nil || again != h {
			t.Errorf("%v does not read back: %v, %v", h, again, err)
		}
	}
	for _, bad := range []string{"", "0", "0x", "0x0", "-1", "1_000", "0b1", "0o7", "vc7", "0x10000000000000000"} {
		if h, err := vc.ParseHandle(bad); err == nil {
			t.Errorf("%q is %v", bad, h)
		}
	}
}

func TestPortsClose(t *testing.T) {
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	p := vc.Ports{Memory: open("memory"), Doorbell: open("doorbell")}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err == nil {
		t.Error("the files were not closed the first time")
	}
}
