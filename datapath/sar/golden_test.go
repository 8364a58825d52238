package sar_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
	"callmanager/datapath/internal/goldentest"
	"callmanager/datapath/sar"
	"callmanager/nicio"
)

// goldenSDUs returns the SDUs of a golden capture of AAL5 SDU mode by their place.
func goldenSDUs(t *testing.T, file string) map[int]string {
	t.Helper()
	sdus := map[int]string{}
	for i, f := range goldentest.Frames(t, file) {
		if _, b, fault := frame.DecodeWord(f[nicio.HeaderLen+frame.EntryLen:]); fault == frame.NoFault {
			sdus[i] = string(b)
		}
	}
	return sdus
}

// TestGolden joins the cells that another implementation made and has the SDUs that it sent in SDU
// mode; and cuts them into the same cells, octet for octet. One of its PDUs has a wrong CRC.
func TestGolden(t *testing.T) {
	data, signalling := goldenSDUs(t, "aal5_sdu.pcap"), goldenSDUs(t, "sig_sdu.pcap")
	cm, bad := func(s string) []sdu { return []sdu{{Octets: s}} }, []sdu(nil)
	for _, row := range []struct {
		file    string
		formats []cell.Format
		frames  []int
		sdus    [][]sdu
	}{
		{"n1_cw.pcap", []cell.Format{cell.NToOne}, []int{1}, [][]sdu{cm(data[0])}},
		{"one2one.pcap", []cell.Format{cell.VCC, cell.VPC}, []int{1, 3}, [][]sdu{cm(data[0]), cm(data[0])}},
		{
			"aal5_pdu.pcap",
			[]cell.Format{cell.PDU, cell.PDU, cell.PDU, cell.PDU, cell.PDU, cell.PDU},
			[]int{0, 1, 2, 3, 4, 5},
			[][]sdu{cm(data[0]), cm(data[1]), cm(data[2]), bad, cm(data[3]), cm(signalling[1])},
		},
	} {
		frames := goldentest.Frames(t, row.file)
		for i, at := range row.frames {
			f := frames[at][nicio.HeaderLen+frame.EntryLen:]
			sequence, cells, fault := row.formats[i].Decode(f, channel)
			if fault != cell.NoFault {
				t.Fatalf("%s: frame %d: %s", row.file, at, fault)
			}
			r := newReceiver(sar.Limits{})
			var last cell.Header
			for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
				r.take(one{h, *body})
				last = h
			}
			if diff := cmp.Diff(row.sdus[i], r.got); diff != "" {
				t.Errorf("%s: frame %d (-sent +joined):\n%s", row.file, at, diff)
			}
			if row.sdus[i] == nil {
				if r.PDUs[sar.BadCRC] != 1 {
					t.Errorf("%s: frame %d is not refused for its CRC: %v", row.file, at, r.verdicts)
				}
				continue
			}
			var s sar.Segmenter
			var b cell.Builder
			b.Begin(row.formats[i], make([]byte, len(f)), 31)
			if !s.Start(last, []byte(row.sdus[i][0].Octets), 0) || !s.Fill(&b, 31) {
				t.Fatalf("%s: frame %d does not hold its SDU", row.file, at)
			}
			if diff := cmp.Diff(f, b.Finish(sequence)); diff != "" {
				t.Errorf("%s: frame %d (-theirs +ours):\n%s", row.file, at, diff)
			}
		}
	}
}
