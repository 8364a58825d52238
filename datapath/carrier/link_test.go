package carrier_test

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/vc"
)

// want checks the state of the link, and how often it has changed.
func (r *rig) want(changes int, up bool, reason string) {
	r.Helper()
	want := vc.LinkStatus{Up: up, Reason: reason, MaxSDU: maxSDU, Framing: vc.BareCells()}
	if st := r.engine.Status(); st != want || r.changes != changes {
		r.Errorf("status %+v after %d changes\nwant   %+v after %d", st, r.changes, want, changes)
	}
}

// TestStatus follows a link whose peer comes and goes.
func TestStatus(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.want(0, false, "asleep")
		r.start()
		r.want(1, true, "")
		r.Down("a hawk")
		r.want(2, false, "a hawk")
		r.engine.Start(func() { t.Error("the link is started twice") })
		synctest.Wait()
		if n := r.runs.Load(); n != 1 {
			t.Errorf("the link runs %d times", n)
		}
		r.Up()
		r.want(3, true, "")
	})
}

// TestClose waits for the link's goroutines, and ends their pauses.
func TestClose(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		paused := make(chan bool, 2)
		r.Go(func() {
			paused <- r.Pause(time.Second)
			paused <- r.Pause(time.Hour)
			time.Sleep(time.Second) // It takes a while to end.
		})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		start := time.Now()
		for range 2 {
			if err := r.engine.Close(); err != nil {
				t.Error(err)
			}
		}
		if first, second := <-paused, <-paused; !first || second || time.Since(start) != time.Second {
			t.Errorf("pauses end with %v and %v, closing takes %v", first, second, time.Since(start))
		}
		if _, err := r.engine.Data().ReadBatch(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v", err)
		}
	})
}

// TestCloseUnstarted closes what has never run, and starts what is closed.
func TestCloseUnstarted(t *testing.T) {
	inBubble(t, func(r *rig) {
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
		r.engine.Start(func() { t.Error("a closed link has changed") })
		synctest.Wait()
		if n := r.runs.Load(); n != 0 {
			t.Error("a closed link runs")
		}
	})
}
