package ring_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/ring"
)

// hostileSize is the size of the rings that the hostile tests attack.
const hostileSize = 256

// TestBadTail: every tail that cannot be is refused, and the consumer stays refused even if the word is mended.
func TestBadTail(t *testing.T) {
	// The ring has 32 octets released, 32 handed out, 32 published.
	for _, tc := range []struct {
		name string
		tail uint64
		bad  bool
	}{
		{"unchanged", 96, false},
		{"exactly full", 32 + hostileSize, false},
		{"one record beyond full", 32 + hostileSize + 8, true},
		{"back into published", 88, true},
		{"back into handed out", 40, true},
		{"back to released", 32, true},
		{"before released", 24, true},
		{"zero", 0, true},
		{"not a multiple of 8", 97, true},
		{"odd", 32 + hostileSize - 1, true},
		{"a turn ahead", 96 + hostileSize, true},
		{"largest", math.MaxUint64, true},
		{"largest multiple of 8", math.MaxUint64 - 7, true},
		{"sign bit", 1 << 63, true},
		{"32 bits ahead", 96 + 1<<32, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			daemon, client := newPair(t, ring.Params{ToDaemon: hostileSize, ToClient: 64})
			for i := range 6 {
				push(t, client.Tx, numbered(i, 8))
				client.Tx.Flush()
				if i == 1 {
					daemon.Rx.Discard()
				}
			}
			wantNext(t, daemon.Rx, numbered(2, 8))
			wantNext(t, daemon.Rx, numbered(3, 8))
			client.Tx.Shared().Tail.Store(tc.tail)
			daemon.Rx.Pending()
			checkVerdict(t, daemon.Rx.Err(), tc.bad, &ring.CorruptError{Word: ring.WordTail, Value: tc.tail, Head: 32, Tail: 96})
			if !tc.bad {
				return
			}
			client.Tx.Shared().Tail.Store(96)
			mustBePoisoned(t, daemon, client)
		})
	}
}

// TestBadHeader: every header that cannot be is refused; what came before it in the same batch is delivered.
func TestBadHeader(t *testing.T) {
	const at = hostileSize - 32 // Position of the header: 32 octets before the end of the ring.
	header := func(length uint32, flags ring.Flags, reserved uint16) uint64 {
		return ring.Header(length, ring.Meta{Flags: flags}, reserved)
	}
	for _, tc := range []struct {
		name   string
		header uint64
		bad    bool
	}{
		{"as written", header(24, 0, 0), false},
		{"shorter, in as much memory", header(17, 0, 0), false},
		{"one octet beyond the end of the ring", header(25, 0, 0), true},
		{"beyond what is published", header(64, 0, 0), true},
		{"beyond half of the ring", header(hostileSize/2-7, 0, 0), true},
		{"the whole ring", header(hostileSize, 0, 0), true},
		{"largest length", header(math.MaxUint32, 0, 0), true},
		{"length that overflows with its header", header(math.MaxUint32-7, 0, 0), true},
		{"reserved flag 0x04", header(24, 0x04, 0), true},
		{"reserved flag 0x40", header(24, 0x40, 0), true},
		{"reserved octet 6", header(24, 0, 0x01), true},
		{"reserved octet 7", header(24, 0, 0x8000), true},
		{"pad to the end of the ring", header(24, ring.FlagPad, 0), false},
		{"pad too short", header(16, ring.FlagPad, 0), true},
		{"pad too long", header(32, ring.FlagPad, 0), true},
		{"pad of length 0", header(0, ring.FlagPad, 0), true},
		{"pad of the largest length", header(math.MaxUint32, ring.FlagPad, 0), true},
		{"pad with CLP", header(24, ring.FlagPad|ring.CLP, 0), true},
		{"pad with UU", ring.Header(24, ring.Meta{UU: 1, Flags: ring.FlagPad}, 0), true},
		{"pad with reserved octet", header(24, ring.FlagPad, 1), true},
		{"all ones", math.MaxUint64, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			daemon, client := newPair(t, ring.Params{ToDaemon: hostileSize, ToClient: 64})
			advance(t, client.Tx, daemon.Rx, at-16)
			push(t, client.Tx, numbered(1, 8))
			push(t, client.Tx, numbered(2, 24))
			client.Tx.Flush()
			client.Tx.Shared().Words[at/8] = tc.header
			views := make([]ring.Record, 8)
			n := daemon.Rx.Peek(views)
			if n < 1 {
				t.Fatal("the good record before the bad one was not delivered")
			}
			if diff := cmp.Diff(numbered(1, 8), plain(views[:1])[0]); diff != "" {
				t.Errorf("record before (-want +got):\n%s", diff)
			}
			checkVerdict(t, daemon.Rx.Err(), tc.bad,
				&ring.CorruptError{Word: ring.WordHeader, Value: tc.header, Head: at - 16, Tail: hostileSize})
			if tc.bad {
				mustBePoisoned(t, daemon, client)
			}
		})
	}
}

// TestBadPad: a pad at the start of the ring, two pads in a row, a pad beyond what is published, and records that
// leave the ring or take more than half of it although tail covers them, are refused.
func TestBadPad(t *testing.T) {
	const flags = ring.FlagPad
	for _, tc := range []struct {
		name    string
		offset  int
		headers map[int]uint64
		tail    uint64
	}{
		{"whole ring", 0, map[int]uint64{0: ring.Header(hostileSize-8, ring.Meta{Flags: flags}, 0)}, hostileSize},
		{"pad after pad", hostileSize - 16, map[int]uint64{
			hostileSize - 16: ring.Header(8, ring.Meta{Flags: flags}, 0),
			0:                ring.Header(hostileSize-8, ring.Meta{Flags: flags}, 0),
		}, hostileSize + 64},
		{"beyond tail", hostileSize - 16, map[int]uint64{
			hostileSize - 16: ring.Header(8, ring.Meta{Flags: flags}, 0),
		}, hostileSize - 8},
		{"record across the end of the ring", hostileSize - 16, map[int]uint64{
			hostileSize - 16: ring.Header(9, ring.Meta{}, 0),
		}, hostileSize + 64},
		{"record of more than half the ring", 0, map[int]uint64{
			0: ring.Header(hostileSize/2-7, ring.Meta{}, 0),
		}, hostileSize},
	} {
		t.Run(tc.name, func(t *testing.T) {
			daemon, client := newPair(t, ring.Params{ToDaemon: hostileSize, ToClient: 64})
			advance(t, client.Tx, daemon.Rx, tc.offset)
			for at, h := range tc.headers {
				client.Tx.Shared().Words[at/8] = h
			}
			client.Tx.Shared().Tail.Store(tc.tail)
			if _, ok := daemon.Rx.Next(); ok {
				t.Error("a record was made of pads")
			}
			mustBePoisoned(t, daemon, client)
		})
	}
}

// TestBadHead: every head that cannot be is refused by the producer.
func TestBadHead(t *testing.T) {
	for _, tc := range []struct {
		name string
		head uint64
		bad  bool
	}{
		{"unchanged", 32, false},
		{"all released", 96, false},
		{"into a record", 40, false},
		{"beyond published", 104, true},
		{"into the transaction", 112, true},
		{"back", 24, true},
		{"zero", 0, true},
		{"not a multiple of 8", 33, true},
		{"a turn ahead", 32 + hostileSize, true},
		{"a turn back", 32 - hostileSize + math.MaxUint64 + 1, true},
		{"largest", math.MaxUint64, true},
		{"sign bit", 1 << 63, true},
		{"32 bits ahead", 32 + 1<<32, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			daemon, client := newPair(t, ring.Params{ToDaemon: 64, ToClient: hostileSize})
			for i := range 6 {
				push(t, daemon.Tx, numbered(i, 8))
				daemon.Tx.Flush()
				if i == 1 {
					client.Rx.Discard()
					daemon.Tx.Space() // The producer has seen head at 32.
				}
			}
			push(t, daemon.Tx, numbered(6, 8)) // Committed, not published.
			client.Rx.Shared().Head.Store(tc.head)
			daemon.Tx.Space()
			checkVerdict(t, daemon.Tx.Err(), tc.bad, &ring.CorruptError{Word: ring.WordHead, Value: tc.head, Head: 32, Tail: 96})
			if !tc.bad {
				return
			}
			client.Rx.Shared().Head.Store(96)
			if _, ok := daemon.Tx.Reserve(0); ok || daemon.Tx.Space() != 0 || !daemon.Tx.Arm(8) {
				t.Error("a poisoned producer still gives out memory, or lets its owner sleep")
			}
			if err := daemon.Tx.TryPush(ring.Record{}); !errors.Is(err, ring.ErrCorrupt) {
				t.Errorf("TryPush: %v", err)
			}
			daemon.Tx.Flush()
			daemon.Tx.Close()
			push(t, client.Tx, numbered(7, 8)) // The other ring is not harmed.
			client.Tx.Flush()
			wantNext(t, daemon.Rx, numbered(7, 8))
		})
	}
}

// TestBadFlags: whatever the flags hold, nothing worse happens than a ring too many or a consumer's own loss.
func TestBadFlags(t *testing.T) {
	daemon, client := newShared(t, ring.Params{ToDaemon: hostileSize, ToClient: hostileSize})
	for _, v := range []uint32{0, 1, 2, 1 << 31, math.MaxUint32} {
		for i := range 100 {
			client.Rx.Shared().Sleep.Store(v)
			client.Tx.Shared().Waits.Store(v)
			push(t, daemon.Tx, numbered(i, 8))
			daemon.Tx.Flush()
			wantNext(t, client.Rx, numbered(i, 8))
			client.Rx.Release()
			push(t, client.Tx, numbered(i, 8))
			client.Tx.Flush()
			wantNext(t, daemon.Rx, numbered(i, 8))
			daemon.Rx.Release()
		}
	}
	client.Tx.Shared().Closed.Store(math.MaxUint32)
	push(t, client.Tx, numbered(1, 8))
	client.Tx.Flush()
	wantNext(t, daemon.Rx, numbered(1, 8)) // Published after the mark: still read, then the end.
	daemon.Rx.Next()
	if !daemon.Rx.EOF() {
		t.Error("no end of file")
	}
	push(t, client.Tx, numbered(2, 8))
	client.Tx.Flush()
	if _, ok := daemon.Rx.Next(); ok || !daemon.Rx.EOF() {
		t.Error("a record after the end of file")
	}
}

// TestOwnWordsAreNotRead: the peer scribbles over the words that this side owns; this side does not care.
func TestOwnWordsAreNotRead(t *testing.T) {
	daemon, client := newPair(t, ring.Params{ToDaemon: hostileSize, ToClient: hostileSize})
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		daemon.Tx.Shared().Tail.Store(random.Uint64())
		daemon.Rx.Shared().Head.Store(random.Uint64())
		push(t, daemon.Tx, numbered(i, 8))
		daemon.Tx.Flush()
		wantNext(t, client.Rx, numbered(i, 8))
		client.Rx.Release()
	}
}

// TestScribbler has a peer that rewrites every word of both rings all the time while the daemon works: each word may
// change between any two loads. The daemon must end with a typed error or go on, and never fault or spin.
func TestScribbler(t *testing.T) {
	for seed := range uint64(30) {
		daemon, client := newShared(t, ring.Params{ToDaemon: hostileSize, ToClient: hostileSize})
		stop := make(chan struct{})
		var scribbler sync.WaitGroup
		scribbler.Go(func() { scribble(stop, client, seed) })
		views := make([]ring.Record, 16)
		sum := 0
		for range 3000 {
			n := daemon.Rx.Peek(views)
			for _, rec := range views[:n] {
				for _, b := range rec.Payload {
					sum += int(b)
				}
			}
			daemon.Rx.Release()
			daemon.Rx.Arm()
			if b, ok := daemon.Tx.Reserve(40); ok {
				copy(b, "payload")
				daemon.Tx.Commit(ring.Meta{})
			}
			daemon.Tx.Flush()
			if _, err := daemon.Doorbell().Drain(); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		scribbler.Wait()
		for _, err := range []error{daemon.Rx.Err(), daemon.Tx.Err()} {
			if err != nil && !errors.Is(err, ring.ErrCorrupt) {
				t.Errorf("seed %d: %v", seed, err)
			}
		}
	}
}

// scribble writes plausible and absurd values at random into what a client can write, but for the mark of the end.
func scribble(stop <-chan struct{}, client *ring.Endpoint, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 9))
	tx, rx := client.Tx.Shared(), client.Rx.Shared()
	var tail uint64
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		for range 8 {
			h := ring.Header(uint32(random.IntN(64)), ring.Meta{UU: uint8(i)}, 0)
			if random.IntN(1000) == 0 {
				h = random.Uint64()
			}
			ring.StoreWord(tx.Words, random.IntN(len(tx.Words)), h)
		}
		tail += 8 * random.Uint64N(4)
		tx.Tail.Store(tail)
		tx.Waits.Store(random.Uint32N(2))
		rx.Sleep.Store(random.Uint32N(2))
		if random.IntN(500) == 0 {
			rx.Head.Store(random.Uint64())
		}
	}
}

// checkVerdict compares an error with the violation that is expected.
func checkVerdict(t *testing.T, got error, bad bool, want *ring.CorruptError) {
	t.Helper()
	if !bad {
		if got != nil {
			t.Errorf("refused: %v", got)
		}
		return
	}
	var e *ring.CorruptError
	if !errors.As(got, &e) {
		t.Fatalf("error %v, want %v", got, want)
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("violation (-want +got):\n%s", diff)
	}
}

// mustBePoisoned checks that the daemon's consumer refuses everything and that its producer still works.
func mustBePoisoned(t *testing.T, daemon, client *ring.Endpoint) {
	t.Helper()
	first := daemon.Rx.Err()
	if !errors.Is(first, ring.ErrCorrupt) {
		t.Fatalf("error %v", first)
	}
	daemon.Rx.Release()
	daemon.Rx.Rewind()
	if _, ok := daemon.Rx.Next(); ok || daemon.Rx.Peek(make([]ring.Record, 4)) != 0 || daemon.Rx.Pending() != 0 {
		t.Error("a poisoned consumer still returns records")
	}
	if n, _ := daemon.Rx.Discard(); n != 0 || daemon.Rx.EOF() || !daemon.Rx.Arm() {
		t.Errorf("poisoned: discarded %d, EOF %v, or lets its owner sleep", n, daemon.Rx.EOF())
	}
	if _, _, err := daemon.Receive(t.Context(), nil); !errors.Is(err, first) {
		t.Errorf("Receive: %v, want %v", err, first)
	}
	push(t, daemon.Tx, numbered(9, 8))
	daemon.Tx.Flush()
	wantNext(t, client.Rx, numbered(9, 8))
}

// script reads operations and arguments from a fuzzer's octets.
type script []byte

func (s *script) next() (op byte, arg uint64, ok bool) {
	if len(*s) < 9 {
		return 0, 0, false
	}
	op, arg = (*s)[0], binary.LittleEndian.Uint64((*s)[1:])
	*s = (*s)[9:]
	return op, arg, true
}

// line writes one operation of a seed.
func line(op byte, arg uint64) []byte { return binary.LittleEndian.AppendUint64([]byte{op}, arg) }

func join(lines ...[]byte) (s []byte) {
	for _, l := range lines {
		s = append(s, l...)
	}
	return s
}

// FuzzHostileProducer plays a client that writes anything anywhere in the ring to the daemon, between the daemon's
// calls. The consumer must not panic, not return a record outside the rules, and stay refused after a violation.
func FuzzHostileProducer(f *testing.F) {
	good := ring.Header(16, ring.Meta{UU: 1, Flags: ring.CLP}, 0)
	f.Add(uint8(2), join(line(1, good), line(0, 24), line(4, 1), line(6, 0)))
	f.Add(uint8(0), join(line(0, 64), line(4, 16), line(5, 0), line(6, 0), line(0, 128), line(7, 0)))
	f.Add(uint8(2), join(line(1, math.MaxUint64), line(0, 8), line(4, 1), line(8, 0), line(4, 1)))
	f.Add(uint8(2), join(line(0, math.MaxUint64), line(4, 1)))
	f.Add(uint8(2), join(line(2, 1), line(4, 1), line(0, 8), line(4, 1)))
	f.Fuzz(func(t *testing.T, doublings uint8, ops []byte) {
		size := 64 << (doublings % 8)
		daemon, client, err := ring.New(ring.Params{ToDaemon: size, ToClient: 64}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		rx, shared := daemon.Rx, daemon.Rx.Shared()
		var at int
		for s := script(ops); ; {
			op, arg, ok := s.next()
			if !ok {
				break
			}
			refused := errors.Is(rx.Err(), ring.ErrCorrupt)
			var records int
			switch op % 12 {
			case 0:
				shared.Tail.Store(arg)
			case 1:
				shared.Words[at%len(shared.Words)] = arg
			case 2:
				shared.Closed.Store(uint32(arg))
			case 3:
				at = int(arg % uint64(len(shared.Words)))
			case 4, 5:
				records = peekAll(t, rx, int(arg%40))
			case 6:
				rx.Release()
			case 7:
				n, octets := rx.Discard()
				records = int(n)
				if n > uint64(size/8) || octets > uint64(size) {
					t.Fatalf("discarded %d records of %d octets from %d", n, octets, size)
				}
			case 8:
				rx.Rewind()
			case 9:
				shared.Waits.Store(uint32(arg))
				shared.Sleep.Store(uint32(arg >> 32))
			case 10:
				shared.Tail.Add(arg % 64)
			case 11:
				rx.Arm()
			}
			if refused && (records > 0 || !errors.Is(rx.Err(), ring.ErrCorrupt)) {
				t.Fatalf("after a violation: %d records, error %v", records, rx.Err())
			}
		}
		otherRingWorks(t, daemon, client)
	})
}

// peekAll reads up to n records and checks what the type promises of each.
func peekAll(t *testing.T, rx *ring.Consumer, n int) int {
	t.Helper()
	views := make([]ring.Record, n)
	n = rx.Peek(views)
	for i, rec := range views[:n] {
		if len(rec.Payload) > rx.MaxPayload() || cap(rec.Payload) != len(rec.Payload) || rec.Flags&^(ring.CLP|ring.EFCI) != 0 {
			t.Fatalf("record %d: %d octets, capacity %d, flags %#x", i, len(rec.Payload), cap(rec.Payload), rec.Flags)
		}
		for j := range rec.Payload {
			_ = rec.Payload[j]
		}
	}
	return n
}

// FuzzHostileConsumer plays a client that writes anything into the words of the ring to itself. The producer must
// not panic, never hand out the same memory twice, and stay refused after a violation.
func FuzzHostileConsumer(f *testing.F) {
	f.Add(uint8(0), join(line(1, 24), line(2, 0), line(0, 32), line(1, 24), line(2, 0)))
	f.Add(uint8(1), join(line(0, 8), line(1, 8), line(1, 8)))
	f.Add(uint8(1), join(line(1, 0), line(2, 0), line(0, math.MaxUint64), line(1, 99), line(1, 0)))
	f.Add(uint8(3), join(line(1, 100), line(3, 0), line(2, 0), line(5, 8), line(4, 0)))
	f.Fuzz(func(t *testing.T, doublings uint8, ops []byte) {
		size := 64 << (doublings % 8)
		daemon, client, err := ring.New(ring.Params{ToDaemon: 64, ToClient: size}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		tx, shared := daemon.Tx, daemon.Tx.Shared()
		for s := script(ops); ; {
			op, arg, ok := s.next()
			if !ok {
				break
			}
			refused := errors.Is(tx.Err(), ring.ErrCorrupt)
			var reserved bool
			switch op % 8 {
			case 0:
				shared.Head.Store(arg)
			case 1:
				var b []byte
				n := int(arg % uint64(size))
				if b, reserved = tx.Reserve(n); reserved {
					if len(b) != n || cap(b) != n {
						t.Fatalf("Reserve(%d): %d octets, capacity %d", n, len(b), cap(b))
					}
					clear(b)
					tx.Commit(ring.Meta{UU: uint8(arg)})
				}
			case 2:
				tx.Flush()
			case 3:
				tx.Abort()
			case 4:
				if n := tx.Space(); n < 0 || n > size {
					t.Fatalf("space %d of %d", n, size)
				}
			case 5:
				shared.Head.Add(arg % 64)
			case 6:
				shared.Sleep.Store(uint32(arg))
				shared.Waits.Store(uint32(arg >> 32))
				shared.Tail.Store(arg)
			case 7:
				tx.Arm(int(arg % uint64(size)))
			}
			if refused && (reserved || !errors.Is(tx.Err(), ring.ErrCorrupt)) {
				t.Fatalf("after a violation: reserved %v, error %v", reserved, tx.Err())
			}
		}
		push(t, client.Tx, numbered(1, 8))
		client.Tx.Flush()
		wantNext(t, daemon.Rx, numbered(1, 8))
	})
}

// otherRingWorks checks that the violation of one ring has not harmed the other.
func otherRingWorks(t *testing.T, daemon, client *ring.Endpoint) {
	t.Helper()
	for i := range 20 {
		push(t, daemon.Tx, numbered(i, i))
		daemon.Tx.Flush()
		wantNext(t, client.Rx, numbered(i, i))
		client.Rx.Release()
	}
}
