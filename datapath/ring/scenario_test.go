package ring_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/ring"
)

// ringSizes are the sizes that every scenario runs with.
var ringSizes = []int{64, 128, 512, 4096, 256 << 10}

// oneRing is an empty ring to run a scenario with.
type oneRing struct {
	name string
	open func(testing.TB) (*ring.Producer, *ring.Consumer)
}

// everyRing has each size on heap memory and on a memfd with two mappings, and both directions.
var everyRing = func() (rings []oneRing) {
	for _, size := range ringSizes {
		rings = append(rings, oneRing{
			fmt.Sprintf("memory=heap/size=%d", size),
			func(tb testing.TB) (*ring.Producer, *ring.Consumer) {
				tb.Helper()
				daemon, client := newPair(tb, ring.Params{ToDaemon: size, ToClient: 64})
				return client.Tx, daemon.Rx
			},
		}, oneRing{
			fmt.Sprintf("memory=memfd/size=%d", size),
			func(tb testing.TB) (*ring.Producer, *ring.Consumer) {
				tb.Helper()
				daemon, client := newShared(tb, ring.Params{ToDaemon: 64, ToClient: size})
				return daemon.Tx, client.Rx
			},
		})
	}
	return rings
}()

func TestEmptyRead(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			if rec, ok := c.Next(); ok || c.Err() != nil {
				t.Errorf("Next of an empty ring = %v, %v, error %v", rec, ok, c.Err())
			}
			if n := c.Peek(make([]ring.Record, 4)); n != 0 {
				t.Errorf("Peek of an empty ring = %d", n)
			}
			c.Release()
			if !p.Empty() || p.Space() != p.Size() || c.Pending() != 0 || c.EOF() {
				t.Errorf("empty %v, space %d of %d, pending %d", p.Empty(), p.Space(), p.Size(), c.Pending())
			}
		})
	}
}

func TestWriteThenRead(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			want := []ring.Record{
				{Payload: []byte{}, Meta: ring.Meta{UU: 0xFF}},
				{Payload: []byte{1}, Meta: ring.Meta{Flags: ring.CLP}},
				{Payload: []byte("eight888"), Meta: ring.Meta{UU: 0x5A, Flags: ring.EFCI}},
				{Payload: []byte("nine99999"), Meta: ring.Meta{Flags: ring.CLP | ring.EFCI}},
			}
			for _, rec := range want {
				push(t, p, rec)
				if _, ok := c.Next(); ok {
					t.Fatal("a record was readable before Flush")
				}
				p.Flush()
				wantNext(t, c, rec)
				c.Release()
			}
			if !p.Empty() {
				t.Error("ring is not empty after everything was released")
			}
		})
	}
}

func TestTooLargeWrite(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			for _, n := range []int{p.MaxPayload() + 1, p.Size(), 1 << 40, -1} {
				if _, ok := p.Reserve(n); ok {
					t.Errorf("Reserve(%d) succeeded, maximum is %d", n, p.MaxPayload())
				}
			}
			if err := p.TryPush(ring.Record{Payload: make([]byte, p.MaxPayload()+1)}); !errors.Is(err, ring.ErrTooLarge) {
				t.Errorf("TryPush beyond the maximum: %v", err)
			}
			rec := ring.Record{Payload: bytes.Repeat([]byte{7}, p.MaxPayload())}
			push(t, p, rec)
			p.Flush()
			wantNext(t, c, rec)
		})
	}
}

func TestFull(t *testing.T) {
	for _, flush := range []bool{false, true} {
		t.Run(fmt.Sprintf("flushed=%v", flush), func(t *testing.T) {
			for _, of := range everyRing {
				t.Run(of.name, func(t *testing.T) {
					p, c := of.open(t)
					var n int
					for ; n < p.Size()/16; n++ {
						push(t, p, numbered(n, 8))
						if flush {
							p.Flush()
						}
					}
					if err := p.TryPush(numbered(n, 0)); !errors.Is(err, ring.ErrFull) || p.Space() != 0 {
						t.Fatalf("full ring: %v, space %d", err, p.Space())
					}
					p.Flush()
					for i := range n {
						wantNext(t, c, numbered(i, 8))
					}
					if _, ok := p.Reserve(0); ok {
						t.Error("there is room before Release")
					}
					c.Release()
					if p.Space() != p.Size() {
						t.Errorf("space %d after Release, want %d", p.Space(), p.Size())
					}
					push(t, p, numbered(n, 8))
					p.Flush()
					wantNext(t, c, numbered(n, 8))
				})
			}
		})
	}
}

func TestFlushTwice(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			push(t, p, numbered(1, 8))
			p.Flush()
			tail := p.Shared().Tail.Load()
			p.Flush()
			if got := p.Shared().Tail.Load(); got != tail {
				t.Errorf("second Flush moved tail from %d to %d", tail, got)
			}
			wantNext(t, c, numbered(1, 8))
			c.Release()
			c.Release()
			if _, ok := c.Next(); ok {
				t.Error("second Flush published a record")
			}
		})
	}
}

// TestWrapInTransaction commits three records of which the second does not fit before the end of the ring: it needs a pad,
// and all three appear with one Flush.
func TestWrapInTransaction(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			advance(t, p, c, p.Size()-24)
			want := []ring.Record{numbered(1, 8), numbered(2, 9), numbered(3, 0)}
			for _, rec := range want {
				push(t, p, rec)
			}
			if c.Readable() {
				t.Error("records are visible before Flush")
			}
			p.Flush()
			views := make([]ring.Record, 8)
			n := c.Peek(views)
			if diff := cmp.Diff(want, plain(views[:n])); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			c.Release()
			if !p.Empty() {
				t.Errorf("%d octets of %d free", p.Space(), p.Size())
			}
		})
	}
}

// TestImplicitWrap ends a record exactly at the end of the ring: the next one starts at its beginning without a pad.
func TestImplicitWrap(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			advance(t, p, c, p.Size()-16)
			push(t, p, numbered(1, 8))
			push(t, p, numbered(2, 8))
			p.Flush()
			if got := p.Size() - p.Space(); got != 32 {
				t.Errorf("two records take %d octets, want 32: a pad was added", got)
			}
			wantNext(t, c, numbered(1, 8))
			if c.Offset() != 0 {
				t.Errorf("cursor at %d, want 0", c.Offset())
			}
			wantNext(t, c, numbered(2, 8))
		})
	}
}

// TestNoRoomToWrap has free memory in two pieces, neither of which holds the record.
func TestNoRoomToWrap(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			advance(t, p, c, 8)
			for range p.Size()/16 - 1 {
				push(t, p, numbered(1, 8))
			}
			p.Flush() // 8 octets free at each end of the ring.
			if _, ok := p.Reserve(8); ok || p.Space() != 16 {
				t.Fatalf("record of 16 octets in two pieces of 8: reserved %v, space %d", ok, p.Space())
			}
			if err := p.TryPush(ring.Record{}); err != nil {
				t.Fatalf("empty record into 8 octets: %v", err)
			}
			p.Flush()
			for range p.Size()/16 - 1 {
				wantNext(t, c, numbered(1, 8))
			}
			wantNext(t, c, ring.Record{Payload: []byte{}})
			c.Release()
			rec := ring.Record{Payload: bytes.Repeat([]byte{9}, p.MaxPayload())}
			push(t, p, rec)
			p.Flush()
			wantNext(t, c, rec)
		})
	}
}

func TestAbort(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			push(t, p, numbered(1, 8))
			p.Flush()
			push(t, p, numbered(2, 8))
			if _, ok := p.Reserve(8); !ok {
				t.Fatal("no room")
			}
			p.Abort()
			p.Commit(ring.Meta{}) // Nothing is reserved any more.
			p.Flush()
			push(t, p, numbered(3, 8))
			p.Flush()
			wantNext(t, c, numbered(1, 8))
			wantNext(t, c, numbered(3, 8))
			if _, ok := c.Next(); ok {
				t.Error("an aborted record was published")
			}
		})
	}
}

// TestWrappedAbort forgets a transaction that had wrapped; its pad must not be published.
func TestWrappedAbort(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			advance(t, p, c, p.Size()-16)
			push(t, p, numbered(1, 16))
			p.Abort()
			p.Flush()
			if !p.Empty() || c.Readable() {
				t.Errorf("space %d of %d after Abort", p.Space(), p.Size())
			}
			push(t, p, numbered(2, 8))
			push(t, p, numbered(3, 8))
			p.Flush()
			wantNext(t, c, numbered(2, 8))
			wantNext(t, c, numbered(3, 8))
		})
	}
}

// TestReserveForgotten: a reservation without Commit leaves no trace, with a pad before it or without.
func TestReserveForgotten(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			advance(t, p, c, p.Size()-16)
			for _, n := range []int{16, 3, 8} {
				if _, ok := p.Reserve(n); !ok {
					t.Fatalf("no room for %d", n)
				}
			}
			p.Flush()
			p.Commit(ring.Meta{})
			p.Flush()
			if c.Readable() || !p.Empty() {
				t.Error("a forgotten reservation was published")
			}
		})
	}
}

func TestCommitShorter(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			for _, tc := range []struct{ commit, want int }{{0, 0}, {3, 3}, {16, 16}, {99, 16}, {-1, -1}} {
				b, ok := p.Reserve(16)
				if !ok {
					t.Fatal("no room")
				}
				copy(b, "0123456789abcdef")
				p.CommitN(tc.commit, ring.Meta{UU: 4})
				p.Flush()
				if tc.want >= 0 {
					wantNext(t, c, ring.Record{Meta: ring.Meta{UU: 4}, Payload: []byte("0123456789abcdef")[:tc.want]})
				} else if c.Readable() {
					t.Error("a negative length was published")
				}
				c.Release()
			}
		})
	}
}

// TestReservedMemoryIsExact: what Reserve returns cannot be extended into a neighbour.
func TestReservedMemoryIsExact(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			b, _ := p.Reserve(5)
			if len(b) != 5 || cap(b) != 5 {
				t.Errorf("Reserve(5) has length %d, capacity %d", len(b), cap(b))
			}
			p.Commit(ring.Meta{Flags: 0xFC})
			p.Flush()
			rec, ok := c.Next()
			if !ok || len(rec.Payload) != 5 || cap(rec.Payload) != 5 || rec.Flags != 0 {
				t.Errorf("record of length %d, capacity %d, flags %#x: reserved flags must not be written, views must be exact",
					len(rec.Payload), cap(rec.Payload), rec.Flags)
			}
		})
	}
}

func TestReleaseInParts(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			for i := range 4 {
				push(t, p, numbered(i, 8))
			}
			p.Flush()
			views := make([]ring.Record, 4)
			if n := c.Peek(views); n != 4 {
				t.Fatalf("Peek = %d", n)
			}
			c.ReleaseThrough(&views[1])
			c.ReleaseThrough(&views[0]) // Released already.
			if got := p.Size() - p.Space(); got != 32 {
				t.Errorf("%d octets held after the release of two of four records of 16", got)
			}
			if diff := cmp.Diff(numbered(2, 8), plain(views[2:3])[0]); diff != "" {
				t.Errorf("third view (-want +got):\n%s", diff)
			}
			c.Rewind()
			c.ReleaseThrough(&views[3]) // Forgotten by Rewind: releases nothing.
			if c.Pending() != 32 {
				t.Errorf("pending %d, want 32", c.Pending())
			}
			wantNext(t, c, numbered(2, 8))
			wantNext(t, c, numbered(3, 8))
			c.Release()
			if !p.Empty() {
				t.Error("ring is not empty")
			}
		})
	}
}

func TestEndOfFile(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			push(t, p, numbered(1, 8))
			push(t, p, numbered(2, 8))
			p.Close() // Publishes the transaction.
			p.Close()
			if err := p.TryPush(numbered(3, 8)); !errors.Is(err, net.ErrClosed) {
				t.Errorf("TryPush after Close: %v", err)
			}
			if _, ok := p.Reserve(0); ok || !errors.Is(p.Err(), net.ErrClosed) || p.Space() != 0 {
				t.Errorf("Reserve after Close: %v, Err %v, space %d", ok, p.Err(), p.Space())
			}
			wantNext(t, c, numbered(1, 8))
			if c.EOF() {
				t.Error("end of file before the last record")
			}
			wantNext(t, c, numbered(2, 8))
			for range 2 {
				if _, ok := c.Next(); ok || !c.EOF() || !errors.Is(c.Err(), io.EOF) || !c.Arm() {
					t.Errorf("at the end: record %v, EOF %v, Err %v", ok, c.EOF(), c.Err())
				}
			}
			c.Rewind()
			wantNext(t, c, numbered(1, 8))
			wantNext(t, c, numbered(2, 8))
			if _, ok := c.Next(); ok || !c.EOF() {
				t.Error("end of file is not met again after Rewind")
			}
		})
	}
}

func TestDiscard(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			if n, octets := c.Discard(); n != 0 || octets != 0 {
				t.Errorf("Discard of an empty ring = %d, %d", n, octets)
			}
			advance(t, p, c, p.Size()-32)
			push(t, p, numbered(1, 8))
			push(t, p, numbered(2, 9)) // Wraps.
			p.Flush()
			if _, ok := c.Next(); !ok { // Handed out but not released: discarded as well.
				t.Fatal("no record")
			}
			push(t, p, numbered(3, 0))
			p.Flush()
			if n, octets := c.Discard(); n != 3 || octets != 17 || !p.Empty() {
				t.Errorf("Discard = %d records, %d octets, space %d of %d", n, octets, p.Space(), p.Size())
			}
			p.Close()
			if n, _ := c.Discard(); n != 0 || !c.EOF() {
				t.Errorf("Discard at the end = %d, EOF %v", n, c.EOF())
			}
		})
	}
}

// TestDiscardSome empties a ring in parts. What comes in between is left for later.
func TestDiscardSome(t *testing.T) {
	for _, of := range everyRing {
		t.Run(of.name, func(t *testing.T) {
			p, c := of.open(t)
			advance(t, p, c, p.Size()-32)
			for i := range 4 {
				push(t, p, numbered(i, 0))
			}
			p.Flush()
			type part struct {
				Records, Octets uint64
				More            bool
			}
			var got []part
			for more := true; more; {
				var n, octets uint64
				n, octets, more = c.DiscardSome(9) // A record has 8 octets.
				got = append(got, part{n, octets, more})
				if len(got) == 1 {
					push(t, p, numbered(4, 8))
					p.Flush()
				}
			}
			if diff := cmp.Diff([]part{{2, 0, true}, {2, 0, false}}, got); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if n, octets, more := c.DiscardSome(1); n != 1 || octets != 8 || more || !p.Empty() {
				t.Errorf("the last record: %d, %d octets, more %v", n, octets, more)
			}
		})
	}
}

func TestDropCounters(t *testing.T) {
	daemon, client := newShared(t, ring.Params{ToDaemon: 64, ToClient: 64})
	for daemon.Tx.TryPush(numbered(0, 8)) == nil {
	}
	daemon.Tx.CountDrop(8)
	daemon.Tx.CountDrop(100)
	if n, _ := client.Rx.Dropped(); n != 0 {
		t.Errorf("drops visible before Flush: %d", n)
	}
	daemon.Tx.Flush()
	daemon.Rx.CountDrops(1, 7)
	client.Tx.CountDrop(1000) // The client's own counts are never published.
	client.Tx.Flush()
	client.Rx.CountDrops(1, 1000)
	type count struct{ Records, Octets uint64 }
	got := map[string]count{}
	for name, read := range map[string]func() (uint64, uint64){
		"daemon.Tx": daemon.Tx.Dropped, "client.Rx": client.Rx.Dropped,
		"daemon.Rx": daemon.Rx.Dropped, "client.Tx": client.Tx.Dropped,
	} {
		n, octets := read()
		got[name] = count{n, octets}
	}
	want := map[string]count{"daemon.Tx": {2, 108}, "client.Rx": {2, 108}, "daemon.Rx": {1, 7}, "client.Tx": {1, 7}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drop counters (-want +got):\n%s", diff)
	}
}

// advance moves an empty ring's indices to an offset, a multiple of 8.
func advance(t *testing.T, p *ring.Producer, c *ring.Consumer, offset int) {
	t.Helper()
	for at := 0; at < offset; {
		n := min(offset-at, p.MaxPayload()+8)
		push(t, p, ring.Record{Payload: make([]byte, n-8)})
		p.Flush()
		if _, ok := c.Next(); !ok {
			t.Fatal("no record")
		}
		c.Release()
		at += n
	}
	if c.Offset() != uint64(offset) {
		t.Fatalf("cursor at %d, want %d", c.Offset(), offset)
	}
}

// numbered returns a record of n octets that depend on i.
func numbered(i, n int) ring.Record {
	b := make([]byte, n)
	for j := range b {
		b[j] = byte(i*31 + j)
	}
	return ring.Record{Meta: ring.Meta{UU: uint8(i), Flags: ring.Flags(i) & (ring.CLP | ring.EFCI)}, Payload: b}
}

// push adds a record that must fit.
func push(tb testing.TB, p *ring.Producer, rec ring.Record) {
	tb.Helper()
	if err := p.TryPush(rec); err != nil {
		tb.Fatalf("push of %d octets with %d free: %v", len(rec.Payload), p.Space(), err)
	}
}

// wantNext reads one record and compares it.
func wantNext(tb testing.TB, c *ring.Consumer, want ring.Record) {
	tb.Helper()
	rec, ok := c.Next()
	if !ok {
		tb.Fatalf("no record, error %v; want %d octets", c.Err(), len(want.Payload))
	}
	if diff := cmp.Diff(want, plain([]ring.Record{rec})[0]); diff != "" {
		tb.Fatalf("record (-want +got):\n%s", diff)
	}
}

// plain copies records out of the ring, so that they can be compared.
func plain(views []ring.Record) []ring.Record {
	out := make([]ring.Record, 0, len(views))
	for _, v := range views {
		out = append(out, ring.Record{Meta: v.Meta, Payload: append([]byte{}, v.Payload...)})
	}
	return out
}
