package desk

import (
	"gelombang/identity"
	"gelombang/internal/page"
	"gelombang/photo"
)

// PhotoPath is the page of the photo of the identity card.
const PhotoPath = "/photo"

// PhotoOpen says that a photo may be sent: the programme asks for one, and there is a
// NIK to compare it with.
func (c Citizen) PhotoOpen() bool {
	return c.Photo.State != "" && c.Identity.State != identity.None
}

// PhotoNeeded says that the programme requires a photo, and not only asks for one.
func (c Citizen) PhotoNeeded() bool { return c.photoNeeded }

// photoRow stands among the tasks of the journey and is none of them: it has no number,
// no turn, and nothing waits for it.
func (c Citizen) photoRow() page.Step {
	row := page.Step{State: page.StepAhead, Label: page.T("portal.photo.title"),
		Badge: page.Badge{Tone: page.Quiet, Text: page.T("portal.step.ahead")}}
	if !c.PhotoOpen() {
		return row
	}
	row.Href, row.Badge.Text = PhotoPath, page.T("portal.photo.badge."+string(c.Photo.State))
	switch c.Photo.State {
	case photo.Accepted:
		row.State = page.StepDone
	case photo.Checking, photo.Review:
		row.State, row.Badge.Tone = page.StepWait, page.Wait
	case photo.None:
		row.More = page.T("portal.photo.asked")
		if c.photoNeeded {
			row.More = page.T("portal.photo.needed")
		}
	default:
		row.Badge.Tone, row.More = page.Look, page.T("portal.photo.again")
	}
	return row
}
