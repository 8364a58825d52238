package ring_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"callmanager/datapath/ring"
)

// guarded is a context that turns a lost wake-up into a failure instead of a test that hangs.
func guarded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestConcurrent has a writer and a reader with batches of their own sizes, both ways at once, in rings from tiny to large.
func TestConcurrent(t *testing.T) {
	const records = 20_000
	for _, size := range ringSizes {
		t.Run(fmt.Sprintf("size=%d", size), func(t *testing.T) {
			for _, of := range memories {
				t.Run(of.name, func(t *testing.T) {
					daemon, client := of.open(t, ring.Params{ToDaemon: size, ToClient: size})
					ctx := guarded(t)
					done := []<-chan error{
						inBackground(func() error { return write(ctx, daemon, records, 1) }),
						inBackground(func() error { return write(ctx, client, records, 2) }),
						inBackground(func() error { return read(ctx, client, records, 1) }),
						inBackground(func() error { return read(ctx, daemon, records, 2) }),
					}
					for _, d := range done {
						if err := <-d; err != nil {
							t.Error(err)
						}
					}
				})
			}
		})
	}
}

// write produces records in transactions of random length and then closes.
func write(ctx context.Context, e *ring.Endpoint, records int, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 0))
	sizes := rand.New(rand.NewPCG(seed, 1))
	for i := range records {
		n := 8 + sizes.IntN(min(e.Tx.MaxPayload(), 256)-7)
		b, ok := e.Tx.Reserve(n)
		for !ok {
			if err := e.Tx.Err(); err != nil {
				return err
			}
			if err := e.WaitWritable(ctx, n); err != nil {
				return err
			}
			b, ok = e.Tx.Reserve(n)
		}
		fill(b, i)
		e.Tx.Commit(ring.Meta{UU: uint8(i), Flags: ring.Flags(i) & 3})
		if random.IntN(8) == 0 {
			e.Tx.Flush()
		}
	}
	e.Tx.Close()
	return nil
}

// read consumes records in batches of random length and compares each with what write made of the same seed.
func read(ctx context.Context, e *ring.Endpoint, records int, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 2))
	sizes := rand.New(rand.NewPCG(seed, 1))
	want := make([]byte, 256)
	views := make([]ring.Record, 32)
	for i := 0; ; {
		n := e.Rx.Peek(views[:1+random.IntN(len(views))])
		for _, rec := range views[:n] {
			length := 8 + sizes.IntN(min(e.Rx.MaxPayload(), 256)-7)
			fill(want[:length], i)
			if !rec.Equal(ring.Record{Meta: ring.Meta{UU: uint8(i), Flags: ring.Flags(i) & 3}, Payload: want[:length]}) {
				return fmt.Errorf("record %d of %d octets differs", i, len(rec.Payload))
			}
			i++
		}
		if n > 0 {
			e.Rx.ReleaseThrough(&views[random.IntN(n)])
			e.Rx.Release()
			continue
		}
		if errors.Is(e.Rx.Err(), io.EOF) && i == records {
			return nil
		}
		if err := e.Rx.Err(); err != nil {
			return fmt.Errorf("after %d of %d records: %w", i, records, err)
		}
		if err := e.WaitReadable(ctx); err != nil {
			return err
		}
	}
}

// fill writes a payload that depends on i in its first 8 octets and in every other.
func fill(b []byte, i int) {
	binary.LittleEndian.PutUint64(b, uint64(i))
	for j := 8; j < len(b); j++ {
		b[j] = byte(i + j)
	}
}

// TestNoLostWakeup puts both sides to sleep at every record, a million in all: the ring holds one record, nobody
// spins, so the reader sleeps until the writer rings and the writer until the reader does. A wake-up that is lost
// ends the guard.
func TestNoLostWakeup(t *testing.T) {
	for _, tc := range []struct {
		name    string
		records int
		open    func(testing.TB, ring.Params) (daemon, client *ring.Endpoint)
	}{
		{"memory=heap", 850_000, newPair},
		{"memory=memfd", 150_000, newShared},
	} {
		t.Run(tc.name, func(t *testing.T) {
			records := tc.records
			if raceEnabled {
				records /= 10
			}
			daemon, client := tc.open(t, ring.Params{ToDaemon: 64, ToClient: 64})
			ctx := guarded(t)
			written := inBackground(func() error { return writeSleeping(ctx, client, records) })
			if err := readSleeping(ctx, daemon, records); err != nil {
				t.Error(err)
			}
			if err := <-written; err != nil {
				t.Error(err)
			}
		})
	}
}

// writeSleeping writes records that take the largest part of the ring, and sleeps without spinning for each.
func writeSleeping(ctx context.Context, e *ring.Endpoint, records int) error {
	for i := range records {
		for {
			b, ok := e.Tx.Reserve(24)
			if ok {
				fill(b, i)
				break
			}
			if err := e.SleepWritable(ctx, 24); err != nil {
				return fmt.Errorf("writer at %d: %w", i, err)
			}
		}
		e.Tx.Commit(ring.Meta{})
		e.Tx.Flush()
	}
	e.Tx.Close()
	return nil
}

// readSleeping reads them one at a time, and sleeps without spinning for each.
func readSleeping(ctx context.Context, e *ring.Endpoint, records int) error {
	for i := 0; ; {
		if rec, ok := e.Rx.Next(); ok {
			if got := binary.LittleEndian.Uint64(rec.Payload); got != uint64(i) {
				return fmt.Errorf("record %d is numbered %d", i, got)
			}
			e.Rx.Release()
			i++
			continue
		}
		if e.Rx.EOF() && i == records {
			return nil
		}
		if err := e.SleepReadable(ctx); err != nil {
			return fmt.Errorf("reader at %d: %w", i, err)
		}
	}
}

// TestNoLostWakeupInPoll is the same with both sides asleep in poll(2), as clients in other languages sleep.
func TestNoLostWakeupInPoll(t *testing.T) {
	records := 20_000
	if raceEnabled {
		records /= 10
	}
	daemon, client := newShared(t, ring.Params{ToDaemon: 64, ToClient: 64})
	written := inBackground(func() error {
		for i := range records {
			b, ok := client.Tx.Reserve(24)
			for ; !ok; b, ok = client.Tx.Reserve(24) {
				if client.Tx.Arm(24) {
					continue
				}
				if rung, err := client.Doorbell().Poll(time.Minute, -1); !rung {
					return fmt.Errorf("writer at %d: not rung: %w", i, err)
				}
			}
			fill(b, i)
			client.Tx.Commit(ring.Meta{})
			client.Tx.Flush()
		}
		return nil
	})
	for i := range records {
		rec, ok := daemon.Rx.Next()
		for ; !ok; rec, ok = daemon.Rx.Next() {
			if daemon.Rx.Arm() {
				continue
			}
			if rung, err := daemon.Doorbell().Poll(time.Minute, -1); !rung {
				t.Fatalf("reader at %d: not rung: %v", i, err)
			}
		}
		if got := binary.LittleEndian.Uint64(rec.Payload); got != uint64(i) {
			t.Fatalf("record %d is numbered %d", i, got)
		}
		daemon.Rx.Release()
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}
