package ring_test

import (
	"context"
	"fmt"
	"testing"

	"callmanager/datapath/ring"
)

// BenchmarkRecord is the cost of one record through a ring in one goroutine: reserve, copy in, commit and, a batch at
// a time, flush, peek, touch and release.
func BenchmarkRecord(b *testing.B) {
	for _, octets := range []int{64, 1492} {
		for _, batch := range []int{1, 8, 32, 64} {
			b.Run(fmt.Sprintf("octets=%d/batch=%d", octets, batch), func(b *testing.B) {
				daemon, client := newPair(b, ring.Params{})
				payload := make([]byte, octets)
				views := make([]ring.Record, batch)
				b.SetBytes(int64(octets))
				b.ReportAllocs()
				var n int
				for b.Loop() {
					dst, ok := client.Tx.Reserve(octets)
					if !ok {
						b.Fatal("no room")
					}
					copy(dst, payload)
					client.Tx.Commit(ring.Meta{UU: 1})
					if n++; n < batch {
						continue
					}
					n = 0
					client.Tx.Flush()
					if got := daemon.Rx.Peek(views); got != batch {
						b.Fatalf("peeked %d", got)
					}
					daemon.Rx.Release()
				}
			})
		}
	}
}

// BenchmarkStream is the throughput from one goroutine to another, records/s.
func BenchmarkStream(b *testing.B) {
	for _, octets := range []int{64, 1492} {
		for _, batch := range []int{1, 8, 32, 64} {
			b.Run(fmt.Sprintf("octets=%d/batch=%d", octets, batch), func(b *testing.B) {
				daemon, client := newShared(b, ring.Params{ToDaemon: 2 << 20})
				b.SetBytes(int64(octets))
				b.ReportAllocs()
				done := make(chan int)
				go func() { done <- sink(b.Context(), daemon, batch) }()
				payload := make([]byte, octets)
				var sent int
				for b.Loop() {
					for {
						dst, ok := client.Tx.Reserve(octets)
						if ok {
							copy(dst, payload)
							break
						}
						if err := client.WaitWritable(b.Context(), octets); err != nil {
							b.Fatal(err)
						}
					}
					client.Tx.Commit(ring.Meta{})
					if sent++; sent%batch == 0 {
						client.Tx.Flush()
					}
				}
				client.Tx.Close()
				if got := <-done; got != sent {
					b.Fatalf("received %d of %d", got, sent)
				}
				b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}

// sink consumes until the end of file and returns the number of records.
func sink(ctx context.Context, e *ring.Endpoint, batch int) (records int) {
	views := make([]ring.Record, batch)
	for e.WaitReadable(ctx) == nil {
		n := e.Rx.Peek(views)
		if n == 0 && e.Rx.Err() != nil {
			return records
		}
		records += n
		e.Rx.Release()
	}
	return records
}

// BenchmarkRoundTrip is one record there and back. sleep sleeps as a Go client does, poll2 in Doorbell.Poll; spin
// looks for SpinTime before either.
func BenchmarkRoundTrip(b *testing.B) {
	for _, way := range []struct {
		name string
		wait func(context.Context, *ring.Endpoint) error
	}{
		{"spin+sleep", func(ctx context.Context, e *ring.Endpoint) error { return e.WaitReadable(ctx) }},
		{"sleep", func(ctx context.Context, e *ring.Endpoint) error { return e.SleepReadable(ctx) }},
		{"spin+poll2", func(_ context.Context, e *ring.Endpoint) error {
			if ring.SpinAnywhere(e.Rx.Readable) {
				return nil
			}
			return pollReadable(e)
		}},
		{"poll2", func(_ context.Context, e *ring.Endpoint) error { return pollReadable(e) }},
	} {
		b.Run("wait="+way.name, func(b *testing.B) {
			daemon, client := newShared(b, ring.Params{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for way.wait(b.Context(), daemon) == nil {
					rec, ok := daemon.Rx.Next()
					if !ok {
						return
					}
					if err := daemon.Tx.TryPush(rec); err != nil {
						return
					}
					daemon.Rx.Release()
					daemon.Tx.Flush()
				}
			}()
			rec := ring.Record{Payload: make([]byte, 64)}
			b.ReportAllocs()
			for b.Loop() {
				if err := client.Tx.TryPush(rec); err != nil {
					b.Fatal(err)
				}
				client.Tx.Flush()
				if err := way.wait(b.Context(), client); err != nil {
					b.Fatal(err)
				}
				if _, ok := client.Rx.Next(); !ok {
					b.Fatal(client.Rx.Err())
				}
				client.Rx.Release()
			}
			client.Tx.Close()
			<-done
		})
	}
}

// pollReadable sleeps in poll(2) until there is something to read.
func pollReadable(e *ring.Endpoint) error {
	for !e.Rx.Arm() {
		if _, err := e.Doorbell().Poll(-1, -1); err != nil {
			return err
		}
	}
	return nil
}
