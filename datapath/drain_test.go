package datapath_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// slowly is a rate of one cell a millisecond.
const slowly vc.CellRate = 1000

// A ledger keeps the reports of drains in the order of their calls.
type ledger []vc.DrainReport

func (l *ledger) note(r vc.DrainReport) { *l = append(*l, r) }

// turns runs the worker in virtual time from one moment to another, and returns the latter.
func turns(e *datapath.Engine, from, to time.Duration) time.Duration {
	for now := from; now <= to; {
		next := time.Duration(e.TurnTx(int64(now)))
		now = max(next, now+1)
	}
	e.RunNotices()
	return to
}

func TestDrainSendsWhatIsThere(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, paced(slowly, 1000))
	for i := range 50 {
		push(t, end, sduOf(i, 40), ring.Meta{})
	}
	var l ledger
	e.Drain(id(100), time.Hour, l.note)
	now := turns(e, 0, 10*time.Millisecond)
	if len(l) != 0 {
		t.Fatalf("drain ended at %v, before its SDUs were sent: %+v", now, l)
	}
	for i := range 5 {
		push(t, end, sduOf(1000+i, 40), ring.Meta{}) // Too late.
	}
	turns(e, now, 60*time.Millisecond)
	if diff := cmp.Diff(ledger{{Sent: 50, Dropped: 5}}, l); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upTo(0, 50), out.serials(t, 0x10064)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if tr := traffic(t, e, 1); tr.TxSDUs != 50 || tr.TxDropped != 5 {
		t.Errorf("VC counts %d sent, %d dropped; want 50, 5", tr.TxSDUs, tr.TxDropped)
	}
	wantDropped(t, end, 5, 5*40)
	push(t, end, sduOf(0, 40), ring.Meta{})
	turns(e, 60*time.Millisecond, 70*time.Millisecond)
	if len(out.frames) != 0 {
		t.Error("a frame left after the drain")
	}
}

func TestDrainOfNothing(t *testing.T) {
	e, _ := newSender(t, nil)
	open(t, e, 1, 100, flow(1000))
	turns(e, 0, 1)
	var l ledger
	e.Drain(id(100), time.Hour, l.note)
	e.Drain(id(999), time.Hour, l.note) // No such branch.
	turns(e, 1, 2)
	if diff := cmp.Diff(ledger{{}, {}}, l); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestDrainWithoutLinger(t *testing.T) {
	for _, opened := range []bool{true, false} {
		e, out := newSender(t, nil)
		f := flow(1000)
		end := openVC(t, e, 1, vc.RingSpec{Send: f, Receive: f})
		must(t, e.Activate(id(100), 1, vc.BranchSpec{Send: f, Receive: f}))
		linger := time.Hour // A branch that may not send has nothing to wait for.
		if opened {
			e.OpenTransmit(id(100))
			linger = 0
		}
		for i := range 7 {
			push(t, end, sduOf(i, 40), ring.Meta{})
		}
		var l ledger
		e.Drain(id(100), linger, l.note)
		turns(e, 0, 1)
		if diff := cmp.Diff(ledger{{Dropped: 7}}, l); diff != "" {
			t.Errorf("opened %v: report (-want +got):\n%s", opened, diff)
		}
		if len(out.frames) != 0 || !end.Tx.Empty() {
			t.Errorf("opened %v: %d frames left, ring empty %v", opened, len(out.frames), end.Tx.Empty())
		}
	}
}

// TestLingerEndsDrain lets the linger be over at once in real time, while the worker's own time
// stands still.
func TestLingerEndsDrain(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, paced(slowly, 1000))
	for i := range 50 {
		push(t, end, sduOf(i, 40), ring.Meta{})
	}
	done := make(chan vc.DrainReport, 1)
	e.Drain(id(100), time.Nanosecond, func(r vc.DrainReport) { done <- r })
	for {
		e.TurnTx(0)
		e.RunNotices()
		select {
		case r := <-done:
			sent := len(out.serials(t, 0x10064))
			if r.Sent != uint64(sent) || r.Sent+r.Dropped != 50 {
				t.Errorf("report %+v with %d frames on the wire of 50", r, sent)
			}
			return
		default:
		}
	}
}

// TestManyRecordsHoldUpNobody ends a VC whose client has filled a ring with empty records. The
// others are served meanwhile, and every record is counted.
func TestManyRecordsHoldUpNobody(t *testing.T) {
	const records = 100_000
	for _, how := range []string{"drain", "deactivate", "both", "close"} {
		t.Run(how, func(t *testing.T) {
			e, out := newSender(t, nil)
			end := open(t, e, 1, 100, flow(1000))
			other := open(t, e, 2, 101, flow(1000))
			turns(e, 0, 0)
			for range records {
				must(t, end.Tx.TryPush(ring.Record{}))
			}
			end.Tx.Flush()
			var l ledger
			left := 0
			if how == "drain" || how == "both" {
				e.Drain(id(100), 0, l.note)
				left++
			}
			if how == "deactivate" || how == "both" {
				e.Deactivate(id(100), false, func(vc.DrainReport) {})
			}
			if how == "close" {
				e.Drain(id(100), 0, l.note)
				e.TurnTx(0)
				must(t, e.Close())
			}
			gone := func() uint64 { // Deactivate begins on a goroutine of its own: the first may be looked at before.
				c := counts(e)
				return c["tx_drop_unsent"] + c["tx_drop_empty_sdu"]
			}
			rounds := 0
			for now := int64(1); left > 0 && len(l) == 0 || gone() < records; now++ {
				push(t, other, sduOf(rounds, 40), ring.Meta{})
				e.TurnTx(now)
				e.RunNotices()
				if got := out.serials(t, 0x10065); len(got) != 1 {
					t.Fatalf("round %d: the other VC sent %d SDUs, want 1", rounds, len(got))
				}
				rounds++
			}
			if how != "close" && rounds < 10 {
				t.Errorf("%d records were dropped in %d turns", records, rounds)
			}
			if gone() != records {
				t.Errorf("%d of %d records are counted", gone(), records)
			}
			if left > 0 && l[0].Dropped != records {
				t.Errorf("report %+v, want %d dropped", l[0], records)
			}
		})
	}
}

// TestDrainsJoin closes a VC gently and then at once: both closers are told.
func TestDrainsJoin(t *testing.T) {
	e, _ := newSender(t, nil)
	end := open(t, e, 1, 100, paced(slowly, 1000))
	for i := range 50 {
		push(t, end, sduOf(i, 40), ring.Meta{})
	}
	var l ledger
	e.Drain(id(100), time.Hour, l.note)
	turns(e, 0, 0)
	e.Drain(id(100), 0, l.note)
	turns(e, 1, 1)
	if len(l) != 2 || l[0] != l[1] || l[0].Sent+l[0].Dropped != 50 || l[0].Dropped == 0 {
		t.Errorf("reports %+v, want two equal ones of 50 SDUs", l)
	}
}

// TestDrainEndsWhenThePortHasTheLastFrame keeps the last frames in the worker's batch: they are not
// sent yet.
func TestDrainEndsWhenThePortHasTheLastFrame(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, flow(1000))
	out.room = 6
	for i := range 10 {
		push(t, end, sduOf(i, 40), ring.Meta{})
	}
	var l ledger
	e.Drain(id(100), time.Hour, l.note)
	now := turns(e, 0, time.Millisecond)
	if len(l) != 0 {
		t.Fatalf("drain ended with frames unsent: %+v", l)
	}
	out.room = -1
	turns(e, now, 2*now)
	if diff := cmp.Diff(ledger{{Sent: 10}}, l); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// TestDrainEndsWhenTheLastFrameHasLeft has the NIC keep what the port took. What other VCs send
// later does not matter; a NIC that keeps it for ever is waited for a while.
func TestDrainEndsWhenTheLastFrameHasLeft(t *testing.T) {
	for _, row := range []struct {
		how    string
		unsent int // Of the queue when the others have sent 10 frames.
		want   bool
	}{
		{"all is there", 10_000, false},
		{"one octet may be ours", 10*(22+100) + 1, false},
		{"only later ones are there", 10 * (22 + 100), true},
		{"nothing is there", 0, true},
	} {
		t.Run(row.how, func(t *testing.T) {
			e, out := newSender(t, nil)
			end := open(t, e, 1, 100, flow(1000))
			other := open(t, e, 2, 101, flow(1000))
			out.unsent = 10_000
			push(t, end, sduOf(1, 100), ring.Meta{})
			var l ledger
			e.Drain(id(100), time.Hour, l.note)
			now := turns(e, time.Millisecond, 2*time.Millisecond)
			for i := range 10 {
				push(t, other, sduOf(i, 100), ring.Meta{})
			}
			now = turns(e, now, now+time.Millisecond)
			if len(out.frames) != 11 || len(l) != 0 {
				t.Fatalf("%d frames taken, want 11; reports %+v before any has left", len(out.frames), l)
			}
			out.unsent = row.unsent
			now = turns(e, now, now+time.Millisecond)
			if got := len(l) == 1; got != row.want {
				t.Errorf("with %d octets unsent the drain ended: %v, want %v", row.unsent, got, row.want)
			}
			turns(e, now, now+250*time.Millisecond)
			if diff := cmp.Diff(ledger{{Sent: 1}}, l); diff != "" {
				t.Errorf("report in the end (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDrainIsLookedAtAgain has a worker without anything else to do: it comes again by itself while
// the last frame has not left.
func TestDrainIsLookedAtAgain(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, flow(1000))
	out.unsent = 10_000
	push(t, end, sduOf(1, 100), ring.Meta{})
	var l ledger
	e.Drain(id(100), time.Hour, l.note)
	now := int64(time.Millisecond)
	for limit := now + int64(250*time.Millisecond); len(l) == 0; {
		next := e.TurnTx(now)
		e.RunNotices()
		if len(l) == 0 && next > limit {
			t.Fatalf("after %v the worker sleeps until %v", time.Duration(now), time.Duration(next))
		}
		now = max(next, now)
	}
	if diff := cmp.Diff(ledger{{Sent: 1}}, l); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// TestCloseCutsOff closes the engine under a drain, with frames in the worker's batch: everybody is
// told, and every SDU is counted.
func TestCloseCutsOff(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, flow(1000))
	open(t, e, 2, 101, flow(1000))
	out.room = 6
	for i := range 10 {
		push(t, end, sduOf(i, 40), ring.Meta{})
		push(t, end, nil, ring.Meta{})
	}
	var l, l2 ledger
	e.Drain(id(100), time.Hour, l.note)
	turns(e, 0, 0)
	e.Deactivate(id(101), true, l2.note)
	must(t, e.Close())
	if diff := cmp.Diff([]ledger{{{Sent: 6, Dropped: 4}}, {{}}}, []ledger{l, l2}); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if c := counts(e); c["tx_sdus"] != 6 || c["tx_drop_unsent"] != 4 || c["tx_drop_empty_sdu"] != 10 {
		t.Errorf("counted %d sent, %d unsent, %d empty; want 6, 4, 10", c["tx_sdus"], c["tx_drop_unsent"], c["tx_drop_empty_sdu"])
	}
	if circuits, branches, polled := e.Left(); circuits+branches+polled != 0 {
		t.Errorf("left: %d VCs, %d branches, %d doorbells", circuits, branches, polled)
	}
	e.Drain(id(100), time.Hour, l2.note)
	e.Deactivate(id(100), true, l2.note)
	e.EndVC(1)
	e.CloseVC(1)
	if len(l2) != 3 {
		t.Errorf("after Close %d done calls, want 3", len(l2))
	}
	if err := e.Activate(id(100), 1, vc.BranchSpec{}); err == nil {
		t.Error("a closed engine activates")
	}
	if _, err := e.OpenVC(1, vc.RingSpec{}); err == nil {
		t.Error("a closed engine opens")
	}
	must(t, e.Close())
}

// TestDropsBetweenFrames mixes SDUs that the port has not taken with ones that cannot be sent, and
// cuts them all off: none is counted twice.
func TestDropsBetweenFrames(t *testing.T) {
	e, out := newSender(t, nil)
	end := open(t, e, 1, 100, flow(1000))
	out.room = 3
	for i := range 10 {
		push(t, end, sduOf(i, 40), ring.Meta{})
		push(t, end, make([]byte, 7), ring.Meta{UU: 2})
	}
	turns(e, 0, 0)
	var l ledger
	e.Drain(id(100), 0, l.note)
	turns(e, 1, 1)
	if diff := cmp.Diff(ledger{{Dropped: 7}}, l); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if tr := traffic(t, e, 1); tr.TxSDUs != 3 || tr.TxDropped != 17 {
		t.Errorf("VC counts %d sent, %d dropped; want 3, 17", tr.TxSDUs, tr.TxDropped)
	}
	wantDropped(t, end, 17, 7*40+10*7)
}
