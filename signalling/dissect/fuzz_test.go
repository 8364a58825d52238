package dissect_test

import (
	"path/filepath"
	"strings"
	"testing"

	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/msg"
)

// FuzzDissect: whatever comes is shown whole, in whatever form, context and profile.
func FuzzDissect(f *testing.F) {
	for _, line := range lines(f, golden+"q2931/examples.tsv") {
		b := unhex(f, strings.Split(line, "\t")[2])
		f.Add(b, uint8(0))
		f.Add(wrap(b), uint8(1))
	}
	paths, _ := filepath.Glob(golden + "linux-atm/1*.hex")
	for _, path := range paths {
		for i, line := range lines(f, path) {
			if c := strings.Fields(line); len(c) > 4 && c[2] == "0/5" {
				f.Add(unhex(f, c[4]), uint8(i))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint8) {
		opt := dissect.Options{
			Form: dissect.Form(how % 3), From: []dissect.Side{"", dissect.UserSide, dissect.NetworkSide}[how/3%3], Profile: msg.Profile(how / 9 % 4),
		}
		c := dissect.New(opt)
		from := dissect.Sender(how / 36 % 3)
		check(t, c.Next(b, from), b)
		check(t, c.Next(b, from), b) // and once more, in the context of the first
		dissect.Summarize(b)
	})
}
