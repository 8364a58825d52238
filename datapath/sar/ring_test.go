package sar_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"callmanager/datapath/ring"
	"callmanager/datapath/sar"
)

// TestIntoRing joins PDUs in the records of a ring, as the datapath does: memory for a PDU is the
// reservation of the next record. A Flush in the midst of a PDU forgets the reservation, and the
// same one made again has the same octets, so the PDU goes on. Now and then the reader is late, and
// whole PDUs are dropped.
func TestIntoRing(t *testing.T) {
	const largest = 480
	daemon, client, err := ring.New(ring.Params{ToDaemon: 4096, ToClient: 4096}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := sar.NewReassembler(sar.Limits{MaxSDU: largest})
	var c sar.Counters
	fates := rand.New(rand.NewPCG(1, 2))
	var want, got [][]byte
	pull := func() {
		for rec, ok := client.Rx.Next(); ok; rec, ok = client.Rx.Next() {
			got = append(got, bytes.Clone(rec.Payload))
			client.Rx.Release()
		}
	}
	need := 0
	for range 5000 {
		n := 1 + fates.IntN(largest)
		x := sdu{octets(n), sar.Trailer{UU: byte(n)}}
		for _, one := range cellsOf(x) {
			if r.Starts(0, &c) {
				need = r.Need(one.Header)
				buf, _ := daemon.Tx.Reserve(need)
				r.Begin(one.Header, buf, 0, &c)
			}
			octets, v := r.Add(one.Header, &one.Body, &c)
			if v == sar.Whole {
				daemon.Tx.CommitN(len(octets), ring.Meta{UU: r.Trailer().UU})
				want = append(want, []byte(x.Octets))
			}
			if fates.IntN(8) == 0 { // A batch ends here.
				daemon.Tx.Flush()
				if fates.IntN(6) == 0 {
					pull()
				}
				if r.Busy() {
					if _, ok := daemon.Tx.Reserve(need); !ok {
						t.Fatal("a reservation cannot be made again")
					}
				}
			}
		}
	}
	daemon.Tx.Flush()
	pull()
	if len(got) != len(want) || c.SDUs() != uint64(len(want)) || c.PDUs[sar.NoRoom] == 0 || c.SDUs()+c.PDUs[sar.NoRoom] != 5000 {
		t.Fatalf("%d SDUs, read %d: %+v", len(want), len(got), c)
	}
	for i := range want {
		if !bytes.Equal(want[i], got[i]) {
			t.Fatalf("SDU %d: %x, want %x", i, got[i], want[i])
		}
	}
}
