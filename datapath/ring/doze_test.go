package ring_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"callmanager/datapath/ring"
)

// TestSleepers has more endpoints sleep than there are berths: the others sleep by their listeners, and all of them wake
// up alike for each reason that there is. Nobody keeps a berth.
func TestSleepers(t *testing.T) {
	for _, tc := range []struct {
		name string
		wake func(cancel context.CancelFunc, own, peer *ring.Endpoint) error
		want error
	}{
		{"record", func(_ context.CancelFunc, _, peer *ring.Endpoint) error {
			return peer.Send(t.Context(), numbered(1, 8))
		}, nil},
		{"context", func(cancel context.CancelFunc, _, _ *ring.Endpoint) error { cancel(); return nil }, context.Canceled},
		{"close", func(_ context.CancelFunc, own, _ *ring.Endpoint) error { return own.Close() }, net.ErrClosed},
		{"end of file", func(_ context.CancelFunc, _, peer *ring.Endpoint) error { return peer.Close() }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			type sleeper struct {
				own, peer *ring.Endpoint
				cancel    context.CancelFunc
				woke      <-chan error
			}
			var all []sleeper
			for range 2 * ring.MaxBerths {
				peer, own := newShared(t, ring.Params{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if !own.Enter() {
					t.Fatal("a new endpoint is closed")
				}
				woke := inBackground(func() error {
					defer own.Leave()
					return own.SleepReadable(ctx)
				})
				awaitFlag(own.Rx.Shared().Sleep.Load)
				all = append(all, sleeper{own, peer, cancel, woke})
			}
			if n := ring.TakenBerths(); n != ring.MaxBerths {
				t.Errorf("%d berths are taken, want %d", n, ring.MaxBerths)
			}
			for i, s := range all {
				if got, want := s.own.Listens(), i >= ring.MaxBerths; got != want {
					t.Errorf("sleeper %d: listens %v, want %v", i, got, want)
				}
				if err := tc.wake(s.cancel, s.own, s.peer); err != nil {
					t.Fatal(err)
				}
				if err := <-s.woke; !errors.Is(err, tc.want) {
					t.Errorf("sleeper %d: %v, want %v", i, err, tc.want)
				}
			}
			if n := ring.TakenBerths(); n != 0 {
				t.Errorf("%d berths are taken by nobody", n)
			}
		})
	}
}

// TestSecondSleeper has one direction of an endpoint sleep while the other does: the first gets up from the doorbell, and
// both wake by the listener.
func TestSecondSleeper(t *testing.T) {
	for _, first := range []string{"reader", "writer"} {
		t.Run(first, func(t *testing.T) {
			daemon, client := newShared(t, ring.Params{ToDaemon: 64, ToClient: 64})
			for client.Tx.Space() > 0 {
				if err := client.Send(t.Context(), numbered(1, 24)); err != nil {
					t.Fatal(err)
				}
			}
			if !client.Enter() {
				t.Fatal("a new endpoint is closed")
			}
			defer client.Leave()
			var reader, writer <-chan error
			read := func() {
				reader = inBackground(func() error { return client.SleepReadable(t.Context()) })
				awaitFlag(client.Rx.Shared().Sleep.Load)
			}
			write := func() {
				writer = inBackground(func() error { return client.SleepWritable(t.Context(), 24) })
				awaitFlag(client.Tx.Shared().Waits.Load)
			}
			if first == "reader" {
				read()
				write()
			} else {
				write()
				read()
			}
			if !client.Listens() || ring.TakenBerths() != 0 {
				t.Errorf("listens %v, %d berths are taken", client.Listens(), ring.TakenBerths())
			}
			if err := daemon.Send(t.Context(), numbered(1, 8)); err != nil {
				t.Fatal(err)
			}
			if err := <-reader; err != nil {
				t.Errorf("reader: %v", err)
			}
			for range 2 {
				if _, _, err := daemon.Receive(t.Context(), make([]byte, 24)); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-writer; err != nil {
				t.Errorf("writer: %v", err)
			}
		})
	}
}
