package sscop_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/sscop"
)

func TestConfigNormal(t *testing.T) {
	d := sscop.Defaults()
	with := func(change func(*sscop.Config)) sscop.Config {
		c := d
		change(&c)
		return c
	}
	for _, row := range []struct {
		name     string
		in, want sscop.Config
	}{
		{"zero means default", sscop.Config{}, d},
		{"defaults stand", d, d},
		{"negative time", with(func(c *sscop.Config) { c.CC = -time.Second }), d},
		{
			"MaxSTAT is odd",
			with(func(c *sscop.Config) { c.MaxSTAT = 10 }),
			with(func(c *sscop.Config) { c.MaxSTAT = 9 }),
		},
		{
			"MaxSTAT is at least 3",
			with(func(c *sscop.Config) { c.MaxSTAT = 1 }),
			with(func(c *sscop.Config) { c.MaxSTAT = 3 }),
		},
		{
			"a PDU of k or j octets is no longer than they and its trailer",
			with(func(c *sscop.Config) { c.K, c.J = 1487, 1486 }),
			with(func(c *sscop.Config) { c.K, c.J = 1484, 1484 }),
		},
		{
			"upper ends",
			with(func(c *sscop.Config) { c.K, c.J, c.Window, c.Queue = 1<<20, 1<<20, 1<<30, 1<<30 }),
			with(func(c *sscop.Config) { c.K, c.J, c.Window, c.Queue = 65528, 65524, 1<<16, 1<<20 }),
		},
		{
			"lower ends",
			with(func(c *sscop.Config) { c.K, c.J, c.Window, c.Queue, c.MaxCC, c.MaxPD = -1, -1, -1, -1, -1, -1 }),
			with(func(c *sscop.Config) { c.K, c.J, c.Window, c.Queue, c.MaxCC, c.MaxPD = 4, 4, 1, 1, 1, 1 }),
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, sscop.New(row.in).Cfg()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestConnectionNumber: VT(SQ) starts after InitialSQ and is never 0.
func TestConnectionNumber(t *testing.T) {
	for _, row := range []struct{ initial, want uint8 }{{0, 1}, {41, 42}, {254, 255}, {255, 1}} {
		r := newRig(t, sscop.Config{InitialSQ: row.initial})
		r.do(func(c *sscop.Conn) { c.Establish(nil) })
		if got := r.sent[0].NSQ; got != row.want || r.c.VTSQ() != row.want {
			t.Errorf("after %d the BGN carries %d, VTSQ %d; want %d", row.initial, got, r.c.VTSQ(), row.want)
		}
	}
	// A peer whose first BGN carries 0, the initial VR(SQ), does not repeat anything.
	r := newRig(t, sscop.Config{})
	r.do(func(c *sscop.Conn) { c.Establish(nil) })
	r.recv(sscop.PDU{Type: sscop.BGN, NSQ: 0})
	r.want(sscop.DataTransferReady, "BGN, BGAK, EST.conf")
}
