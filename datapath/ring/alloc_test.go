package ring_test

import (
	"context"
	"testing"

	"callmanager/datapath/ring"
)

// TestNoAllocs: nothing that happens once a record, a batch or a wake-up allocates.
func TestNoAllocs(t *testing.T) {
	daemon, client := newShared(t, ring.Params{})
	rec := ring.Record{Payload: make([]byte, 1492)}
	views := make([]ring.Record, 32)
	buf := make([]byte, 2048)
	ctx := context.Background() // One that never ends is the common case.
	for name, f := range map[string]func(){
		"TryPush, Flush, Peek, Release": func() {
			push(t, client.Tx, rec)
			client.Tx.Flush()
			daemon.Rx.Peek(views)
			daemon.Rx.Release()
		},
		"Reserve, Commit, Flush, Next, ReleaseThrough": func() {
			client.Tx.Reserve(64)
			client.Tx.Commit(ring.Meta{})
			client.Tx.Flush()
			got, _ := daemon.Rx.Next()
			daemon.Rx.ReleaseThrough(&got)
		},
		"full": func() {
			for client.Tx.TryPush(rec) == nil {
			}
			client.Tx.CountDrop(1492)
			client.Tx.Flush()
			daemon.Rx.Discard()
		},
		"Arm, Ring, Drain": func() {
			daemon.Rx.Arm()
			push(t, client.Tx, rec)
			client.Tx.Flush()
			if rung, err := daemon.Doorbell().Drain(); !rung || err != nil {
				t.Fatalf("drained %v, %v", rung, err)
			}
			daemon.Rx.Discard()
		},
		"Poll": func() {
			client.Doorbell().Ring()
			if rung, err := daemon.Doorbell().Poll(-1, -1); !rung || err != nil {
				t.Fatalf("polled %v, %v", rung, err)
			}
		},
		"Send, Receive": func() {
			if err := client.Send(ctx, rec); err != nil {
				t.Fatal(err)
			}
			if _, _, err := daemon.Receive(ctx, buf); err != nil {
				t.Fatal(err)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
