package mailbox_test

import (
	"slices"
	"sync"
	"testing"

	"callmanager/datapath/mailbox"
)

// TestOrder has several goroutines post while the owner runs: each poster's functions run in its order, and none is
// lost, also those that come when the owner has gone.
func TestOrder(t *testing.T) {
	const posters, each = 4, 500
	ring := make(chan struct{}, 1)
	box := &mailbox.Box{Wake: func() {
		select {
		case ring <- struct{}{}:
		default:
		}
	}}
	var got [posters][]int
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for n := 0; n < each; n = len(got[0]) { // until the first poster is done
			<-ring
			box.Run()
		}
		box.Adopt()
	}()
	var posting sync.WaitGroup
	for p := range posters {
		posting.Go(func() {
			for i := range each {
				box.Post(func() { got[p] = append(got[p], i) })
			}
		})
	}
	posting.Wait()
	<-gone
	last := false
	box.Call(func() { last = true })
	if !last || box.Some() {
		t.Errorf("called %v, some %v once the owner is gone", last, box.Some())
	}
	for p := range posters {
		if len(got[p]) != each || !slices.IsSorted(got[p]) {
			t.Errorf("poster %d: %d of %d have run, in order: %v", p, len(got[p]), each, slices.IsSorted(got[p]))
		}
	}
}

// TestBoard runs what is posted before and after the start and at the end, one after the other.
func TestBoard(t *testing.T) {
	b := mailbox.NewBoard()
	var got []int
	b.Post(func() { got = append(got, 0) })
	b.Flush()
	ended, ran := make(chan struct{}), make(chan struct{})
	b.Post(func() { got = append(got, 1) })
	go func() {
		defer close(ended)
		b.Run()
	}()
	b.Post(func() { got = append(got, 2); close(ran) })
	<-ran
	b.Post(func() { got = append(got, 3) })
	b.Close()
	<-ended
	if want := []int{0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}
