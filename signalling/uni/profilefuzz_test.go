package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// FuzzProfile feeds a link of each edition, with an active call and a call being
// offered, while an operator's restart is under way. Whatever comes, all that is
// to be said can be written, every restart is answered once, and the link ends
// with nothing left.
func FuzzProfile(f *testing.F) {
	for _, s := range []string{
		"0903800007 0180 0000", "0903800007 7580 0007 54800003000005", "0903800000 4e80 000e 5a80000588 00000029 7980000180",
		"0903800000 7d80 000c 1480000100 0880000380e146", "0903000009 4d80 000d 0880000280 9f 7e80000304aabb",
		"0903800007 6e80 0006 27800002 f1f2", "0903800007 0380 0006 1e8000028288",
		"0903000009 5a80 0006 7e800002 04bb", "0903000000 4680 000e 5a80000588 00000029 7980000180",
	} {
		for profile := range byte(3) {
			f.Add(profile, s[len(s)-1]&1 == 0, unhex(s))
		}
	}
	f.Fuzz(func(t *testing.T, profile byte, network bool, input []byte) {
		role := uni.RoleUser
		if network {
			role = uni.RoleNetwork
		}
		p := speaking(t, msg.Profile(profile%3), role)
		p.outgoing()
		p.reply(msg.Connect, func(m *msg.Message) {
			if !network {
				channel(m)
			}
		})
		p.offer(nil)
		p.h.restart(1, ie.RestartVC, 0, 41)
		p.h.restart(2, ie.RestartVP, 1, 0)
		for n := 0; len(input) > 0 && n < 8; n++ {
			size := min(len(input), 9+int(input[len(input)-1]))
			piece := input[:size]
			input = input[size:]
			if p.up {
				p.do(p.saal.Data(piece))
			}
			p.w.run(50 * time.Millisecond)
		}
		p.h.restart(3, ie.RestartAll, 0, 0)
		p.w.run(20 * time.Minute) // T316 has run out for all of them
		answered := make(map[uint64]int)
		for _, r := range p.h.restarts {
			answered[r.ID]++
		}
		if answered[1] != 1 || answered[2] != 1 || answered[3] != 1 {
			t.Errorf("restarts are answered %v", answered)
		}
		for _, name := range []string{"impossible", "sscop_impossible", "encode_errors"} {
			if p.h.counter(name) != 0 {
				t.Errorf("%s is %d", name, p.h.counter(name))
			}
		}
		p.h.do(p.h.link.Stop(ie.Cause{Value: ie.CauseTemporaryFailure}))
		p.w.run(5 * time.Minute)
		p.h.wantEmpty()
	})
}
