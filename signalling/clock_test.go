package signalling_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callmanager/signalling"
	"callmanager/signalling/uni"
)

// TestClock: each timer comes when it is due, one that is started later and due sooner too; an alarm whose timer
// was stopped goes off for nothing once.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rung := make(chan struct{}, 1)
		c := signalling.NewClock(func() { rung <- struct{}{} })
		began := time.Now()
		want := func(at time.Duration, due ...uni.TimerName) {
			t.Helper()
			<-rung
			if got := time.Since(began); got != at {
				t.Errorf("the alarm goes off after %v, want %v", got, at)
			}
			if got := c.Due(); !slices.Equal(got, due) {
				t.Errorf("after %v %v are due, want %v", at, got, due)
			}
		}
		turn := func() {
			t.Helper()
			if due := c.Due(); due != nil {
				t.Errorf("%v are due", due)
			}
		}
		c.Start(uni.T303, 10*time.Second)
		turn()
		c.Start(uni.T308, 2*time.Second)
		c.Start(uni.T310, time.Second)
		turn()
		want(time.Second, uni.T310)
		c.Start(uni.T308, 3*time.Second) // anew
		turn()
		want(2 * time.Second) // for nothing
		c.Start(uni.T313, 2*time.Second)
		c.Stop(uni.T303)
		turn()
		want(4*time.Second, uni.T308, uni.T313)
		turn()
		time.Sleep(time.Minute)
		c.Start(uni.T301, time.Second)
		turn()
		want(65*time.Second, uni.T301)
	})
}

// TestClockOfCalls: the timers of calls are counted, those of the link are not.
func TestClockOfCalls(t *testing.T) {
	c := signalling.NewClock(func() {})
	c.Start(uni.TimerPoll, time.Hour)
	c.StartOfCall(uni.T303, 1)
	c.StartOfCall(uni.T303, 2)
	c.StartOfCall(uni.T308, 2)
	c.StopOfCall(uni.T303, 2)
	if n := c.OfCalls(); n != 2 {
		t.Errorf("%d timers of calls, want 2", n)
	}
	c.StopOfCall(uni.T308, 2)
	c.StopOfCall(uni.T303, 1)
	if n := c.OfCalls(); n != 0 {
		t.Errorf("%d timers of calls, want none", n)
	}
}
