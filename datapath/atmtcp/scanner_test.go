package atmtcp_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/atmtcp"
)

// model reads a whole stream at once: the slow and plain way. It returns the records, whether the
// stream ends within one, and whether it is no stream of records.
func model(b []byte) (want []atmtcp.Record, cut, broken bool) {
	for len(b) > 0 {
		if len(b) < 8 {
			return want, true, false
		}
		r := atmtcp.Record{
			VPI: binary.BigEndian.Uint16(b), VCI: binary.BigEndian.Uint16(b[2:]), Length: binary.BigEndian.Uint32(b[4:]),
		}
		b = b[8:]
		switch n := int(r.Length); {
		case r.Length > 65535:
			return want, false, true
		case r.Length > 65528:
			r.Oversize = true
			want = append(want, r)
			if len(b) < n {
				return want, true, false
			}
			b = b[n:]
		case len(b) < n:
			return want, true, false
		default:
			r.SDU = string(b[:n])
			want = append(want, r)
			b = b[n:]
		}
	}
	return want, false, false
}

// checkScan feeds a stream in pieces and compares with the model.
func checkScan(t interface {
	Helper()
	Fatalf(string, ...any)
}, stream []byte, piece func(left int) int,
) {
	t.Helper()
	var s atmtcp.Scanner
	var err error
	for rest := stream; len(rest) > 0 && err == nil; {
		n := min(max(piece(len(rest)), 1), len(rest))
		err = s.Feed(rest[:n])
		rest = rest[n:]
		if s.Held() > 8+atmtcp.MaxSDU {
			t.Fatalf("the scanner keeps %d octets", s.Held())
		}
	}
	want, cut, broken := model(stream)
	if diff := cmp.Diff(want, []atmtcp.Record(s.Records)); diff != "" {
		t.Fatalf("records:\n%s", diff)
	}
	if (err != nil) != broken || !broken && s.Cut() != cut {
		t.Fatalf("error %v, cut %v; want broken %v, cut %v", err, s.Cut(), broken, cut)
	}
}

// TestScan cuts a stream of all kinds of records at every place.
func TestScan(t *testing.T) {
	var b []byte
	b = atmtcp.AppendRecord(b, 0, 0, []byte("O 0.32 0.0.32 ubr"))
	b = atmtcp.AppendRecord(b, 0, 5, []byte{0, 0, 0, 1, 1, 0, 0, 30})
	b = atmtcp.AppendRecord(b, 1, 65535, nil)
	b = atmtcp.AppendRecord(b, 65535, 32, []byte("x"))
	for _, end := range []int{len(b), len(b) - 1} {
		for at := range end {
			first := at
			checkScan(t, b[:end], func(left int) int {
				n := first
				first = left
				return n
			})
		}
		checkScan(t, b[:end], func(int) int { return 1 })
	}
}

// TestScanLengths has the lengths at which the treatment changes.
func TestScanLengths(t *testing.T) {
	for _, n := range []int{0, 1, 47, 65527, 65528, 65529, 65535} {
		b := atmtcp.AppendRecord(nil, 0, 32, make([]byte, n))
		b = atmtcp.AppendRecord(b, 0, 33, []byte("next"))
		for _, piece := range []int{1, 7, 8, 9, 1000, len(b)} {
			checkScan(t, b, func(int) int { return piece })
		}
	}
	for _, n := range []uint32{65536, 1 << 31, 1<<32 - 1} {
		b := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 32}, n)
		b = append(b, "rest"...)
		checkScan(t, b, func(left int) int { return left })
		checkScan(t, b, func(int) int { return 3 })
		var s atmtcp.Scanner
		if err := s.Feed(b); err == nil || !strings.Contains(err.Error(), "no atmtcp stream") {
			t.Errorf("a record of %d octets: %v", n, err)
		}
	}
}

func TestScanProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		for range rapid.IntRange(0, 5).Draw(t, "records") {
			n := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(65500, 65535)).Draw(t, "length")
			b = atmtcp.AppendRecord(b, rapid.Uint16().Draw(t, "vpi"), rapid.Uint16().Draw(t, "vci"), make([]byte, n))
		}
		b = append(b, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "tail")...)
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, 70000)), 1, 10).Draw(t, "pieces")
		var i int
		checkScan(t, b, func(int) int {
			i++
			return sizes[i%len(sizes)]
		})
	})
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x05\x00\x00\x00\x08\x00\x00\x00\x01\x01\x00\x00\x1e"), uint16(3))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x07O 0.5 x\x00\x01"), uint16(9))
	f.Add([]byte("\x00\x00\x00\x20\x00\x00\xff\xf9"), uint16(8))
	f.Add([]byte("\x00\x00\x00\x20\x00\x01\x00\x00"), uint16(5))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint16(100))
	f.Fuzz(func(t *testing.T, b []byte, piece uint16) {
		checkScan(t, b, func(int) int { return int(piece) })
		checkScan(t, b, func(left int) int { return left })
	})
}
