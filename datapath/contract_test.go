package datapath_test

import (
	"context"
	"encoding/binary"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callmanager/datapath"
	"callmanager/datapath/ring"
	"callmanager/vc"
)

// contractOctets is how much TestContractLosesNothing sends, unless CONTRACT_OCTETS says another.
const contractOctets = 200e6

// TestContractLosesNothing sends through a CBR VC at 80 % of its contract while best effort floods the
// link, whose capacity is half of what a bare path carries on this machine. Not one SDU is lost.
func TestContractLosesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("means nothing under the race detector: the bare path is without")
	}
	total := float64(contractOctets)
	if s := os.Getenv("CONTRACT_OCTETS"); s != "" {
		var err error
		total, err = strconv.ParseFloat(s, 64)
		must(t, err)
	}
	const (
		sdu    = 1492
		floods = 3
	)
	newSegment(t).add()
	bare := newBarePath(t, sdu)
	rates := []float64{bare(), bare(), bare()}
	capacity := vc.BitRate(median(rates) / 2 * 8 * float64(vc.WireOctets(sdu)))
	contract := vc.Flow{PCR: vc.CellRate(median(rates) / 2 * 0.7 * float64(vc.CellsFor(sdu))), MaxSDU: sdu, MinPoliced: sdu}
	if contract.PCR > vc.MaxCellRate || new(vc.Framing).Cost(&contract, vc.CBR) > capacity {
		t.Fatalf("%d cells/s of contract do not fit %s", contract.PCR, capacity)
	}
	best, err := vc.PCRFor(min(capacity, vc.MaxCellRate.Bits()))
	must(t, err)
	var engines [2]*datapath.Engine
	var seen [2]*states
	for i, name := range []string{nicA, nicB} {
		seen[i] = newStates()
		engines[i] = onNIC(t, name, []vc.MAC{macB, macA}[i], func(c *datapath.Config) {
			c.Status, c.Links[0].Capacity = seen[i].note, capacity
		})
	}
	for i := range engines {
		seen[i].await(t, "up", up)
	}
	join := func(vci vc.VCI, c vc.Category, f vc.Flow) (near, far *ring.Endpoint) {
		var ends [2]*ring.Endpoint
		for i, e := range engines {
			ends[i] = openVC(t, e, vc.Handle(vci), vc.RingSpec{Send: f, Receive: f, ReceiveBytes: 64 << 20})
			must(t, e.Activate(id(vci), vc.Handle(vci), vc.BranchSpec{Category: c, Send: f, Receive: f}))
			e.OpenTransmit(id(vci))
		}
		return ends[0], ends[1]
	}
	near, far := join(100, vc.CBR, contract)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for i := range floods {
		from, to := join(vc.VCI(101+i), vc.UBR, vc.Flow{PCR: best, MaxSDU: sdu})
		work.Go(func() { flood(ctx, from, make([]byte, sdu)) })
		work.Go(func() { sinkAll(ctx, to, func(ring.Record) {}) })
	}
	var got, torn atomic.Int64
	work.Go(func() {
		want := uint32(0)
		sinkAll(ctx, far, func(r ring.Record) {
			if n := binary.BigEndian.Uint32(r.Payload); n != want {
				torn.Add(1)
				want = n
			}
			want++
			got.Add(1)
		})
	})
	sdus := int64(total / sdu)
	began := time.Now()
	sendAt(ctx, t, near, sdus, sdu, 0.8*float64(contract.PCR)/float64(contract.Charge(sdu)))
	took := time.Since(began)
	drained := make(chan vc.DrainReport)
	engines[0].Drain(id(100), patience, func(r vc.DrainReport) { drained <- r })
	if r := <-drained; r.Dropped != 0 {
		t.Errorf("drain: %+v", r)
	}
	for limit := time.Now().Add(patience); got.Load() < sdus && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	cancel()
	work.Wait()
	a, b := counts(engines[0]), counts(engines[1])
	tr := traffic(t, engines[1], 100)
	t.Logf("bare path %.0f frames/s; capacity %s, contract %s; %d SDUs in %v, %s; the floods got %d SDUs through",
		median(rates), capacity, contract.PCR, sdus, took.Round(time.Millisecond),
		vc.BitRate(float64(sdus*sdu*8)/took.Seconds()), b["rx_sdus"]-tr.RxSDUs)
	t.Logf("kernel: %d dropped by the socket, %d and %d by the interfaces", b["nic_rx_drop_overrun"], interfaceDrops(t, nicA), interfaceDrops(t, nicB))
	if got.Load() != sdus || torn.Load() != 0 || tr.RxSDUs != uint64(sdus) || tr.RxLost+tr.RxPoliced+tr.RxNoRoom+tr.RxLate != 0 {
		t.Errorf("%d of %d SDUs arrived, with %d gaps: %+v", got.Load(), sdus, torn.Load(), tr)
	}
	if a["tx_drop_port_failed"] != 0 || b["rx_drop_policed"] != 0 {
		t.Errorf("drops: %d sending, %d policed", a["tx_drop_port_failed"], b["rx_drop_policed"])
	}
}

// flood keeps a ring full until it is to stop.
func flood(ctx context.Context, end *ring.Endpoint, sdu []byte) {
	for ctx.Err() == nil {
		for range 32 {
			if end.Tx.TryPush(ring.Record{Payload: sdu}) != nil {
				break
			}
		}
		end.Tx.Flush()
		if end.WaitWritable(ctx, len(sdu)) != nil {
			return
		}
	}
}

// sinkAll takes all that comes until it is to stop.
func sinkAll(ctx context.Context, end *ring.Endpoint, take func(ring.Record)) {
	buf := make([]ring.Record, 64)
	for {
		n := end.Rx.Peek(buf)
		if n == 0 {
			if end.WaitReadable(ctx) != nil {
				return
			}
			continue
		}
		for _, r := range buf[:n] {
			take(r)
		}
		end.Rx.Release()
	}
}

// sendAt sends numbered SDUs at a rate, a millisecond's at a time.
func sendAt(ctx context.Context, tb testing.TB, end *ring.Endpoint, sdus int64, octets int, rate float64) {
	tb.Helper()
	sdu := make([]byte, octets)
	began := time.Now()
	for sent := int64(0); sent < sdus; {
		due := min(int64(time.Since(began).Seconds()*rate), sdus)
		for sent < due {
			binary.BigEndian.PutUint32(sdu, uint32(sent))
			if end.Tx.TryPush(ring.Record{Payload: sdu}) != nil {
				break
			}
			sent++
		}
		end.Tx.Flush()
		if sent < due {
			must(tb, end.WaitWritable(ctx, octets))
			continue
		}
		time.Sleep(time.Millisecond)
	}
}
