package bench

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/client"
)

// sdu makes an SDU of data of 100 octets.
func sdu(number uint64, at time.Duration) client.SDU {
	p := make([]byte, 100)
	seal(p, header{kind: kindData, number: number, at: at})
	return client.SDU{Payload: p}
}

// The sink's account of a made sequence: some lost, one late, one twice, three damaged, in three batches.
func TestReceiver(t *testing.T) {
	flipped, short := sdu(4, 0), sdu(5, 0)
	flipped.Payload[50] ^= 4
	short.Payload = short.Payload[:99]
	sink := &Sink{}
	r := &receiver{sink: sink, r: &SinkResult{}, limit: 1500}
	for i, batch := range [][]client.SDU{
		{sdu(0, 0), sdu(2, 0), sdu(3, 10*time.Microsecond), flipped},
		{sdu(1, 0), sdu(3, 0), short, {Payload: []byte("a stranger's")}},
		{sdu(7, 0), sdu(8, 10*time.Microsecond)},
	} {
		if err := r.take(t.Context(), batch, time.Duration(i)*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	ten := Times{Min: 10, Mean: 10, P50: 10, P90: 10, P99: 10, P999: 10, Max: 10}
	want := Outcome{
		SDUs: 6, Octets: 600, Duration: 2000, Rate: 2400, Lost: 3, Loss: float64(3) / 9, Reordered: 1, Deepest: 2, Duplicates: 1, Damaged: 3, Variation: ten,
	}
	if diff := cmp.Diff(want, r.outcome()); diff != "" {
		t.Errorf("without a word from the source (-want +got):\n%s", diff)
	}
	sent := uint64(12)
	r.sent = &sent
	want.Lost, want.Loss = 6, 0.5
	if diff := cmp.Diff(want, r.outcome()); diff != "" {
		t.Errorf("of 12 (-want +got):\n%s", diff)
	}
	if sink.sdus.Load() != 6 || sink.octets.Load() != 600 {
		t.Errorf("the sink has counted %d SDUs and %d octets", sink.sdus.Load(), sink.octets.Load())
	}
}

// A sink takes as many calls as it is to, and one that does not come about is none of them.
func TestTake(t *testing.T) {
	s := &Sink{Count: 2, left: 2}
	take := func(want bool) {
		t.Helper()
		if s.take() != want {
			t.Errorf("taken: %v, want %v", !want, want)
		}
	}
	give := func(came, want bool) {
		t.Helper()
		s.running.Add(-1)
		if s.give(came) != want {
			t.Errorf("the last one: %v, want %v", !want, want)
		}
	}
	take(true)
	take(true)
	take(false)
	give(false, false)
	take(true)
	give(true, false)
	give(true, true)
	if s.total.Refused != 1 {
		t.Errorf("%d refused", s.total.Refused)
	}
	s = &Sink{}
	s.running.Store(maxCalls)
	take(false)
}
