package params

import (
	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/msg"
)

// Limit takes from the parameters of a call what a profile cannot ask for.
func Limit(profile msg.Profile, p *primitive.Params) {
	if profile.UNI3() {
		p.Contract.Forward.FrameDiscard, p.Contract.Backward.FrameDiscard = false, false
		p.Contract.Forward.MDCR, p.Contract.Backward.MDCR = 0, 0
	}
}
