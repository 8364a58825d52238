package sscop_test

import (
	"fmt"
	"slices"

	"callmanager/signalling/sscop"
)

// twin is a second pair of entities that goes through the same steps as the first but is never
// written down: its connections live on, its numbers are the real ones. What both ask for must be the
// same apart from the numbers that the encoding renames. The methods do nothing for nil.
type twin struct {
	conns [2]*sscop.Conn
	wire  [2][][]byte // by sender
	want  []string    // effects that the first pair has seen
	got   []string
}

func newTwin(cfg sscop.Config) *twin {
	return &twin{conns: [2]*sscop.Conn{sscop.New(cfg), sscop.New(cfg)}}
}

// lose drops the oldest PDU to an end.
func (t *twin) lose(end int) {
	if t != nil {
		t.wire[1-end] = t.wire[1-end][1:]
	}
}

// call makes the same event; if it is an arrival, of the twin's own PDU.
func (t *twin) call(end int, in *flight, event func(c *sscop.Conn)) {
	if t == nil {
		return
	}
	c := t.conns[end]
	if in == nil {
		event(c)
	} else {
		b := t.wire[1-end][0]
		t.wire[1-end] = t.wire[1-end][1:]
		c.Receive(b)
	}
	for eff, ok := c.Next(); ok; eff, ok = c.Next() {
		t.got = append(t.got, alike(&eff))
		if eff.Kind == sscop.SendPDU {
			t.wire[end] = append(t.wire[end], slices.Clone(eff.PDU))
		}
		if eff.Kind == sscop.DataInd {
			c.Grant(1)
		}
	}
}

// expects notes an effect of the first pair.
func (t *twin) expects(eff *sscop.Effect) {
	if t != nil {
		t.want = append(t.want, alike(eff))
	}
}

// differs tells in which way the twin has done something else.
func (t *twin) differs(end int, c *sscop.Conn) string {
	if t == nil {
		return ""
	}
	want, got := t.want, t.got
	t.want, t.got = nil, nil
	if !slices.Equal(want, got) {
		return fmt.Sprintf("effects %q of what was written down, %q of its twin", want, got)
	}
	if a, b := c.State(), t.conns[end].State(); a != b {
		return fmt.Sprintf("%v after having been written down, its twin %v", a, b)
	}
	return ""
}

// alike is an effect without the numbers that may differ: N(SQ), N(PS) and generations of timers.
func alike(eff *sscop.Effect) string {
	if eff.Kind != sscop.SendPDU {
		return fmt.Sprint(eff.Kind, eff.Timer, eff.Source, eff.Code, eff.Reason, eff.Count, string(eff.SDU))
	}
	var p sscop.PDU
	if err := p.Parse(eff.PDU, sscop.Limits{K: 4, J: 4, MaxSTAT: 67}); err != nil {
		return err.Error()
	}
	p.NSQ, p.NPS = 0, sscop.Seq{}
	return p.String() + string(p.Data)
}
