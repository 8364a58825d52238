package msg_test

import (
	"testing"

	"callmanager/signalling/q2931/msg"
)

// benchSetup is a SETUP as a call of this implementation has it.
func benchSetup(tb testing.TB) []byte {
	tb.Helper()
	return packet(tb, msg.Setup, hexAAL, hexTD, hexBearer, hexBLLI, hexCalled,
		"6c800015 824700918100000000000000000000000000000202", hexQoS)
}

func BenchmarkDecodeSetup(b *testing.B) {
	in := benchSetup(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, v, err := msg.Decode(in, msg.Options{}); err != nil || v.Decision != msg.Accept {
			b.Fatal(v, err)
		}
	}
}

// BenchmarkDecoderSetup does the same into memory that is there.
func BenchmarkDecoderSetup(b *testing.B) {
	in := benchSetup(b)
	var d msg.Decoder
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, v, err := d.Decode(in, msg.Options{}); err != nil || v.Decision != msg.Accept {
			b.Fatal(v, err)
		}
	}
}

func BenchmarkAppendSetup(b *testing.B) {
	in := benchSetup(b)
	m, _, err := msg.Decode(in, msg.Options{})
	if err != nil {
		b.Fatal(err)
	}
	out := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Append(out); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAllocs holds Decode to one allocation for each element kept and three for the message, its
// octets and the findings, a Decoder to one for each list, and Append into a large enough buffer to none.
func TestAllocs(t *testing.T) {
	in := benchSetup(t)
	if n := testing.AllocsPerRun(100, func() { _, _, _ = msg.Decode(in, msg.Options{}) }); n > 3+7 {
		t.Errorf("Decode: %v allocations", n)
	}
	var d msg.Decoder
	if n := testing.AllocsPerRun(100, func() { _, _, _ = d.Decode(in, msg.Options{}) }); n > 1 {
		t.Errorf("Decoder: %v allocations", n)
	}
	m, _, err := msg.Decode(in, msg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() { _, _ = m.Append(out) }); n > 0 {
		t.Errorf("Append: %v allocations", n)
	}
}
