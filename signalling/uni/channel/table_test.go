package channel_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/uni/channel"
	"callmanager/vc"
)

func at(vpi vc.VPI, vci vc.VCI) vc.ID { return vc.ID{Link: 5, VPI: vpi, VCI: vci} }

// wantTaken checks what an allocation gave.
func wantTaken(t *testing.T, got vc.ID, err error, want vc.ID) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

// wantRefused checks the cause of a refusal.
func wantRefused(t *testing.T, err error, want ie.CauseValue) {
	t.Helper()
	if r, ok := errors.AsType[*vc.RefusedError](err); !ok || ie.CauseValue(r.Cause) != want {
		t.Errorf("%v, want cause %d", err, want)
	}
}

// TestOffered: what a connection identifier of a SETUP asks for (Q.2931 5.1.2.2, 5.2.3).
func TestOffered(t *testing.T) {
	table := channel.New(5)
	ch, err := table.Offered(nil)
	wantTaken(t, ch, err, at(0, vc.MinCallVCI))
	ch, err = table.Offered(&ie.ConnID{VPCI: 3, Exclusive: ie.AnyVCI})
	wantTaken(t, ch, err, at(3, vc.MinCallVCI))
	ch, err = table.Offered(channel.ConnID(at(3, 77)))
	wantTaken(t, ch, err, at(3, 77))
	if n := table.InUse(); n != 3 {
		t.Errorf("%d in use", n)
	}
	for _, row := range []struct {
		id   *ie.ConnID
		want ie.CauseValue
	}{
		{channel.ConnID(at(3, 77)), ie.CauseVPCIVCIUnavailable},
		{&ie.ConnID{VPCI: 15, VCI: 40}, ie.CauseVPCIVCIUnavailable},
		{&ie.ConnID{VPCI: 1, VCI: 31}, ie.CauseVPCIVCIUnavailable},
		{&ie.ConnID{VPCI: 1, Exclusive: ie.NoVCI}, ie.CauseChannelTypeNotImplemented},
	} {
		_, err := table.Offered(row.id)
		wantRefused(t, err, row.want)
	}
	table.Release(at(3, 77))
	if n := table.InUse(); n != 3-1 {
		t.Errorf("%d in use", n)
	}
}

// TestBlocked: no call gets a channel that is being restarted or out of service.
func TestBlocked(t *testing.T) {
	for _, row := range []struct {
		name   string
		r      channel.Range
		first  vc.ID // that is given; zero for none
		on0    bool  // path 0 gives one
		denied vc.ID
	}{
		{"channel", channel.Range{Class: ie.RestartVC, VCI: vc.MinCallVCI}, at(0, vc.MinCallVCI+1), true, at(0, vc.MinCallVCI)},
		{"path", channel.Range{Class: ie.RestartVP}, at(1, vc.MinCallVCI), false, at(0, 99)},
		{"all", all, vc.ID{}, false, at(7, 99)},
	} {
		for how, block := range map[string]func(*channel.Table){
			"restarted":      func(table *channel.Table) { table.Block(row.r) },
			"out of service": func(table *channel.Table) { table.TakeOut(row.r) },
		} {
			t.Run(row.name+" "+how, func(t *testing.T) {
				table := channel.New(5)
				block(table)
				wantRefused(t, table.Take(row.denied), ie.CauseVPCIVCIUnavailable)
				ch, err := table.Allocate()
				if row.first == (vc.ID{}) {
					if err == nil {
						t.Errorf("given %v", ch)
					}
				} else {
					wantTaken(t, ch, err, row.first)
				}
				if _, err := table.Offered(&ie.ConnID{Exclusive: ie.AnyVCI}); (err == nil) != row.on0 {
					t.Errorf("path 0: %v", err)
				}
				table.Unblock()
				table.Return(all)
				if err := table.Take(row.denied); err != nil {
					t.Errorf("not given back: %v", err)
				}
			})
		}
	}
}

// TestReturn: an acknowledgement brings back what lies within it, and no more.
func TestReturn(t *testing.T) {
	beside := channel.Range{Class: ie.RestartVC, VPI: 2, VCI: 41}
	for _, row := range []struct {
		name   string
		out    channel.Range
		within channel.Range
		back   bool
	}{
		{"the same channel", one, one, true},
		{"its path", one, path, true},
		{"all", one, all, true},
		{"another channel", one, beside, false},
		{"another path", one, channel.Range{Class: ie.RestartVP, VPI: 3}, false},
		{"the same path", path, path, true},
		{"a channel of the path", path, one, false},
		{"a path of all", all, path, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			table := channel.New(5)
			table.TakeOut(row.out)
			table.Return(row.within)
			if r, out := table.Out(); out == row.back || out && r != row.out {
				t.Errorf("out %v, %v", r, out)
			}
		})
	}
	table := channel.New(5)
	table.TakeOut(one)
	table.TakeOut(beside)
	table.Return(one)
	if r, out := table.Out(); !out || r != beside {
		t.Errorf("out %v, %v", r, out)
	}
}

// TestRest: a channel rests from the end of its call until it is given back.
func TestRest(t *testing.T) {
	table := channel.New(5)
	ch, err := table.Allocate()
	if err != nil || table.Rests(channel.ConnID(ch)) {
		t.Fatalf("%v rests at once: %v", ch, err)
	}
	table.Rest(ch)
	if !table.Rests(channel.ConnID(ch)) || table.Resting() != 1 || table.InUse() != 1 {
		t.Errorf("%d rest, %d in use", table.Resting(), table.InUse())
	}
	for _, id := range []*ie.ConnID{nil, channel.ConnID(at(0, 99)), {VCI: uint16(ch.VCI), Exclusive: ie.AnyVCI}, {VPCI: 256, VCI: uint16(ch.VCI)}} {
		if table.Rests(id) {
			t.Errorf("%+v rests", id)
		}
	}
	table.Release(ch)
	if table.Rests(channel.ConnID(ch)) || table.Resting() != 0 || table.InUse() != 0 {
		t.Errorf("%d rest, %d in use", table.Resting(), table.InUse())
	}
}

// TestTableModel plays calls and restarts at random: no channel is given twice, nor
// while a range forbids it, and none is lost.
func TestTableModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := channel.New(5)
		held := map[vc.ID]bool{}
		var order []vc.ID
		var blocked *channel.Range
		var out []channel.Range
		drawRange := func() channel.Range {
			r := channel.Range{Class: ie.RestartClass(rapid.IntRange(0, 2).Draw(rt, "class"))}
			switch r.Class {
			case ie.RestartVC:
				r.VCI = vc.VCI(rapid.IntRange(32, 40).Draw(rt, "VCI"))
				fallthrough
			case ie.RestartVP:
				r.VPI = vc.VPI(rapid.IntRange(0, 1).Draw(rt, "VPI"))
			case ie.RestartAll:
			}
			return r
		}
		given := func(ch vc.ID, err error) {
			if err != nil {
				return
			}
			bad := held[ch] || blocked != nil && blocked.Covers(ch)
			for _, r := range out {
				bad = bad || r.Covers(ch)
			}
			if bad {
				rt.Fatalf("%v is given: blocked %v, out %v", ch, blocked, out)
			}
			held[ch] = true
			order = append(order, ch)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"allocate": func(*rapid.T) { given(table.Allocate()) },
			"offered": func(rt *rapid.T) {
				given(table.Offered(&ie.ConnID{VPCI: uint16(rapid.IntRange(0, 1).Draw(rt, "path")), Exclusive: ie.AnyVCI}))
			},
			"take": func(rt *rapid.T) {
				ch := at(vc.VPI(rapid.IntRange(0, 1).Draw(rt, "path")), vc.VCI(rapid.IntRange(32, 40).Draw(rt, "channel")))
				given(ch, table.Take(ch))
			},
			"release": func(rt *rapid.T) {
				if len(order) == 0 {
					rt.Skip()
				}
				ch := order[0]
				order = order[1:]
				table.Rest(ch)
				table.Release(ch)
				delete(held, ch)
			},
			"block":    func(*rapid.T) { r := drawRange(); blocked = &r; table.Block(r) },
			"unblock":  func(*rapid.T) { blocked = nil; table.Unblock() },
			"take out": func(*rapid.T) { r := drawRange(); out = append(out, r); table.TakeOut(r) },
			"return":   func(*rapid.T) { out = nil; table.Return(all) },
			"": func(*rapid.T) {
				if table.InUse() != len(held) || table.Resting() != 0 {
					rt.Fatalf("%d in use, %d rest, %d held", table.InUse(), table.Resting(), len(held))
				}
			},
		})
	})
}
