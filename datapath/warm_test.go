package datapath_test

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/vc"
)

// A pile is a port that has frames, so many a batch.
type pile struct {
	sink
	frames [][]byte
	batch  int
}

func (p *pile) ReadBatch(frames []nicio.RxFrame) (int, error) {
	n := min(p.batch, len(p.frames), len(frames))
	for i := range n {
		frames[i].Len = copy(frames[i].Buf, p.frames[i])
	}
	p.frames = p.frames[n:]
	return n, nil
}

// TestBatchesChangeNothing: frames of many VCs, of none and of strangers, whole and cut, come to the same whether they
// are read one by one or in batches, for which the worker reads ahead; VCs end meanwhile.
func TestBatchesChangeNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const vcs = 12
		var ports [2]*pile
		var engines [2]*datapath.Engine
		var ends [2][]*ring.Endpoint
		for i, batch := range []int{1, nicio.BatchSize} {
			ports[i] = &pile{batch: batch}
			engines[i] = newEngine(t, nicA, datapath.NIC{Data: ports[i], Control: &sink{}}, macB, nil)
			for k := range vcs {
				ends[i] = append(ends[i], open(t, engines[i], vc.Handle(k+1), vc.VCI(100+k), flow(100)))
			}
		}
		number := make([]uint16, vcs+2)
		for round := range rapid.IntRange(1, 4).Draw(rt, "rounds") {
			var frames [][]byte
			for range rapid.IntRange(1, 150).Draw(rt, "frames") {
				k := rapid.IntRange(0, vcs+1).Draw(rt, "VC") // The last two are none.
				number[k]++
				source := macB
				if rapid.IntRange(0, 19).Draw(rt, "stranger") == 0 {
					source = vc.MAC{2, 0, 0, 0, 0, 77}
				}
				f := ether(macA, source, mpls(frame.LabelOf(0, vc.VCI(100+k)), frame.NewWord(0, 40, number[k]), sduOf(int(number[k]), 40)))
				if rapid.IntRange(0, 19).Draw(rt, "cut") == 0 {
					f = f[:rapid.IntRange(nicio.HeaderLen, len(f)).Draw(rt, "at")]
				}
				frames = append(frames, f)
			}
			for i := range engines {
				ports[i].frames = frames
				for engines[i].StepRx(nicA) > 0 {
				}
			}
			if end := rapid.IntRange(0, 2*vcs).Draw(rt, "ends"); end < vcs && round == 0 {
				for i := range engines {
					engines[i].EndVC(vc.Handle(end + 1))
				}
			}
		}
		if a, b := counts(engines[0]), counts(engines[1]); !maps.Equal(a, b) {
			rt.Fatalf("one by one %v\nin batches %v", a, b)
		}
		for k := range vcs {
			for {
				a, metaA, okA := pull(ends[0][k])
				b, metaB, okB := pull(ends[1][k])
				if fmt.Sprintf("%x %v", a, metaA) != fmt.Sprintf("%x %v", b, metaB) || okA != okB {
					rt.Fatalf("VC %d: %x one by one, %x in batches", k, a, b)
				}
				if !okA {
					break
				}
			}
		}
	})
}
