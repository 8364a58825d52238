package sscf

// event is a signal from the user above (req) or from SSCOP below (ind, conf).
type event uint8

const (
	reqEstablish  event = iota + 1 // AAL-ESTABLISH.request
	reqRelease                     // AAL-RELEASE.request
	reqData                        // AAL-DATA.request
	reqUnitData                    // AAL-UNITDATA.request
	indEstablish                   // AA-ESTABLISH.indication
	confEstablish                  // AA-ESTABLISH.confirm
	indRelease                     // AA-RELEASE.indication
	confRelease                    // AA-RELEASE.confirm
	indData                        // AA-DATA.indication
	indUnitData                    // AA-UNITDATA.indication
	indResync                      // AA-RESYNC.indication
	confResync                     // AA-RESYNC.confirm
	indRecover                     // AA-RECOVER.indication
)

// numEvents is the size of an array indexed by event.
const numEvents = int(indRecover) + 1

// String returns the name of the Recommendation.
func (e event) String() string {
	names := [numEvents]string{
		"no event", "AAL-ESTABLISH.request", "AAL-RELEASE.request", "AAL-DATA.request",
		"AAL-UNITDATA.request", "AA-ESTABLISH.indication", "AA-ESTABLISH.confirm",
		"AA-RELEASE.indication", "AA-RELEASE.confirm", "AA-DATA.indication",
		"AA-UNITDATA.indication", "AA-RESYNC.indication", "AA-RESYNC.confirm",
		"AA-RECOVER.indication",
	}
	return names[int(e)%numEvents]
}
