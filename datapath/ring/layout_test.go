package ring_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/ring"
)

// TestLayout asserts the offsets of api/RING.md section 2: a change of any is a new version.
func TestLayout(t *testing.T) {
	for _, tc := range []struct {
		of   reflect.Type
		size uintptr
		want map[string]uintptr
	}{
		{reflect.TypeFor[ring.Preamble](), 0x38, map[string]uintptr{
			"magic": 0x00, "version": 0x08, "header": 0x0C, "fileOctets": 0x10, "toDaemon": 0x18, "toClient": 0x28,
		}},
		{reflect.TypeFor[ring.Control](), 0x200, map[string]uintptr{
			"tail": 0x000, "closed": 0x008, "producerWaits": 0x00C,
			"head": 0x080, "consumerSleeps": 0x088,
			"droppedRecords": 0x100, "droppedOctets": 0x108,
		}},
	} {
		got := map[string]uintptr{}
		for f := range tc.of.Fields() {
			if f.Name != "_" {
				got[f.Name] = f.Offset
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.of, diff)
		}
		if tc.of.Size() != tc.size {
			t.Errorf("%s has %#x octets, want %#x", tc.of, tc.of.Size(), tc.size)
		}
	}
	if ring.ToDaemonOffset != 0x200 || ring.ToClientOffset != 0x400 || ring.HeaderOctets != 0x1000 {
		t.Errorf("control blocks at %#x and %#x, records from %#x", ring.ToDaemonOffset, ring.ToClientOffset, ring.HeaderOctets)
	}
}

// TestHandlesApart: a Producer and a Consumer that two goroutines own never share a line pair.
func TestHandlesApart(t *testing.T) {
	for _, of := range []reflect.Type{reflect.TypeFor[ring.Producer](), reflect.TypeFor[ring.Consumer]()} {
		last := of.Field(of.NumField() - 1)
		if last.Name != "_" || last.Type.Size() < 128 {
			t.Errorf("%s ends with %s of %d octets, want 128 of padding", of, last.Name, last.Type.Size())
		}
	}
}

// TestRecordHeader asserts the bits of api/RING.md section 3 as they lie in the ring.
func TestRecordHeader(t *testing.T) {
	daemon, client := newPair(t, ring.Params{ToDaemon: 64, ToClient: 64})
	push(t, client.Tx, ring.Record{Meta: ring.Meta{UU: 0xA5, Flags: ring.CLP | ring.EFCI}, Payload: make([]byte, 24)})
	push(t, client.Tx, ring.Record{Payload: make([]byte, 1)})
	client.Tx.Flush()
	daemon.Rx.Discard()
	push(t, client.Tx, ring.Record{Payload: make([]byte, 24)}) // Preceded by a pad of 16.
	got := append([]uint64{}, client.Tx.Shared().Words...)
	want := []uint64{0: 32 - 8, 4: 1, 6: 0x80<<40 | 8, 7: 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ring in words (-want +got):\n%s", diff)
	}
	push(t, daemon.Tx, ring.Record{Meta: ring.Meta{UU: 0xA5, Flags: ring.CLP | ring.EFCI}, Payload: make([]byte, 3)})
	if got, want := daemon.Tx.Shared().Words[0], uint64(0x0000_03_A5_00000003); got != want {
		t.Errorf("header %#016x, want %#016x", got, want)
	}
}

func TestSizeFor(t *testing.T) {
	for _, tc := range []struct {
		name string
		rate int64
		sdu  int
		want int
	}{
		{"no rate has the least", 0, 9180, 1 << 20},
		{"negative rate has the least", -1, 1, 1 << 20},
		{"100 ms at 150 Mbit/s", 18_750_000, 1500, 2 << 20},
		{"rounded up to a power of two", 10 * (2<<20 + 1), 1500, 4 << 20},
		{"exact power of two", 10 * (2 << 20), 1500, 2 << 20},
		{"at most 8 MiB", 1 << 40, 1500, 8 << 20},
		{"four of the largest SDU", 1, 65535, 1 << 20},
		{"four of an SDU larger than any", 1, 3 << 20, 16 << 20},
		{"negative SDU", 1, -5, 1 << 20},
		{"absurd SDU", 1, 1 << 40, ring.MaxSize},
	} {
		if got := ring.SizeFor(tc.rate, tc.sdu); got != tc.want {
			t.Errorf("%s: SizeFor(%d, %d) = %d, want %d", tc.name, tc.rate, tc.sdu, got, tc.want)
		}
	}
}

// TestSizeForHoldsFour: four SDUs of the largest size fit wherever the indices stand.
func TestSizeForHoldsFour(t *testing.T) {
	const sdu = 1<<18 - 8
	daemon, client := newPair(t, ring.Params{ToDaemon: ring.SizeFor(0, sdu)})
	for range 200 {
		for range 4 {
			push(t, client.Tx, ring.Record{Payload: make([]byte, sdu)})
		}
		client.Tx.Flush()
		if n, _ := daemon.Rx.Discard(); n != 4 {
			t.Fatalf("discarded %d", n)
		}
		push(t, client.Tx, ring.Record{Payload: make([]byte, 4096)})
		client.Tx.Flush()
		daemon.Rx.Discard()
	}
}
