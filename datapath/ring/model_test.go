package ring_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/ring"
)

// entry is a record of the model, with the position behind it.
type entry struct {
	rec ring.Record
	end int
}

// model is a ring as a slice queue: what is committed, published, handed out and not yet released.
type model struct {
	size          int
	committed     []entry // Not published.
	published     []entry // Published and not released, oldest first.
	handedOut     int     // How many of published the consumer has.
	end, released int     // Positions behind the last committed record and of the oldest one held.
	closed        bool
	publishedEnd  int
	producer      *ring.Producer
	consumer      *ring.Consumer
	views         []ring.Record // What was handed out, as the ring returned it.
}

// room returns where a record of n octets would end, and whether it fits.
func (m *model) room(n int) (end int, ok bool) {
	need := (8 + n + 7) / 8 * 8
	at := m.end
	if rest := m.size - at%m.size; rest < need {
		at += rest
	}
	end = at + need
	return end, !m.closed && need <= m.size/2 && end-m.released <= m.size
}

func (m *model) push(t *rapid.T) {
	n := rapid.IntRange(0, m.size/2+8).Draw(t, "octets")
	keep := rapid.IntRange(0, n).Draw(t, "keep")
	rec := numbered(rapid.IntRange(0, 255).Draw(t, "seed"), n)
	_, fits := m.room(n)
	b, ok := m.producer.Reserve(n)
	if ok != fits {
		t.Fatalf("Reserve(%d) = %v, want %v", n, ok, fits)
	}
	if !ok {
		return
	}
	copy(b, rec.Payload)
	if rapid.IntRange(0, 9).Draw(t, "forget") == 0 {
		return
	}
	m.producer.CommitN(keep, rec.Meta)
	end, _ := m.room(n)
	m.end = end - (8+n+7)/8*8 + (8+keep+7)/8*8
	rec.Payload = rec.Payload[:keep]
	m.committed = append(m.committed, entry{rec, m.end})
}

func (m *model) flush(*rapid.T) {
	m.producer.Flush()
	m.publish()
}

func (m *model) publish() {
	m.published = append(m.published, m.committed...)
	m.committed, m.publishedEnd = nil, m.end
}

func (m *model) abort(*rapid.T) {
	m.producer.Abort()
	m.committed, m.end = nil, m.publishedEnd
}

func (m *model) close(t *rapid.T) {
	if rapid.IntRange(0, 19).Draw(t, "really") == 0 {
		m.producer.Close()
		m.publish()
		m.closed = true
	}
}

func (m *model) peek(t *rapid.T) {
	dst := make([]ring.Record, rapid.IntRange(1, 8).Draw(t, "batch"))
	n := m.consumer.Peek(dst)
	left := m.published[m.handedOut:]
	// One call sees one load of the index: it may return fewer than there are only at that border, never none.
	if n > len(left) || (n == 0) != (len(left) == 0) {
		t.Fatalf("Peek(%d) = %d of %d", len(dst), n, len(left))
	}
	for i, v := range plain(dst[:n]) {
		if diff := cmp.Diff(left[i].rec, v); diff != "" {
			t.Fatalf("record %d (-want +got):\n%s", i, diff)
		}
	}
	m.views = append(m.views, dst[:n]...)
	m.handedOut += n
	if wantEnd := m.closed && len(left) == 0; wantEnd != m.consumer.EOF() {
		t.Fatalf("EOF %v, want %v", m.consumer.EOF(), wantEnd)
	}
}

func (m *model) release(*rapid.T) {
	m.consumer.Release()
	m.drop(m.handedOut)
}

func (m *model) releaseThrough(t *rapid.T) {
	if m.handedOut == 0 {
		return
	}
	i := rapid.IntRange(0, m.handedOut-1).Draw(t, "through")
	m.consumer.ReleaseThrough(&m.views[i])
	m.drop(i + 1)
}

func (m *model) drop(n int) {
	if n > 0 {
		m.released = m.published[n-1].end
	}
	m.published, m.views = m.published[n:], m.views[n:]
	m.handedOut -= n
}

func (m *model) rewind(*rapid.T) {
	m.consumer.Rewind()
	m.handedOut, m.views = 0, nil
}

// check holds after every step: views of unreleased records keep their contents, and space is what the model says.
func (m *model) check(t *rapid.T) {
	for i, v := range plain(m.views) {
		if diff := cmp.Diff(m.published[i].rec, v); diff != "" {
			t.Fatalf("view %d changed before its release (-want +got):\n%s", i, diff)
		}
	}
	if err := m.consumer.Err(); errors.Is(err, ring.ErrCorrupt) {
		t.Fatal(err)
	}
	if want := m.size - (m.end - m.released); !m.closed && m.producer.Space() != want {
		t.Fatalf("space %d, want %d", m.producer.Space(), want)
	}
	if got, want := m.consumer.Readable(), m.closed || len(m.published) > m.handedOut; got != want {
		t.Fatalf("readable %v, want %v", got, want)
	}
}

// TestModel compares random operations with a slice queue that knows positions.
func TestModel(t *testing.T) {
	for _, size := range []int{64, 128, 256, 1024, 4096} {
		t.Run(fmt.Sprintf("size=%d", size), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				daemon, client, err := ring.New(ring.Params{ToDaemon: size, ToClient: 64}, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				m := &model{size: size, producer: client.Tx, consumer: daemon.Rx}
				t.Repeat(map[string]func(*rapid.T){
					"push": m.push, "push2": m.push, "flush": m.flush, "abort": m.abort, "close": m.close,
					"peek": m.peek, "release": m.release, "releaseThrough": m.releaseThrough, "rewind": m.rewind,
					"": m.check,
				})
			})
		})
	}
}
