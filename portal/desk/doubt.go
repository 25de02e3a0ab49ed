package desk

import (
	"gelombang/internal/fault"
	"gelombang/internal/page"
)

// Unseen drops the doubts that were already shown for this very value.
func Unseen(found []fault.Field, typed, seen string) error {
	var left []fault.Field
	for _, f := range found {
		if !f.Soft || typed != seen {
			left = append(left, f)
		}
	}
	return fault.InvalidFields(left)
}

// Suggested offers the address that was probably meant. It gives the value whose
// doubt is shown, so that sending it once more passes.
func Suggested(in *page.Field, found []fault.Field, typed string) (seen string) {
	for _, f := range found {
		if !f.Soft {
			continue
		}
		seen = typed
		if meant, ok := f.Args["suggestion"].(string); ok {
			in.Suggest, in.SuggestText = meant, page.T("portal.register.use", "address", meant)
		}
	}
	return seen
}
