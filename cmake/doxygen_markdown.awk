# What Doxygen 1.9 lacks of the Markdown that these documents are written in: the anchors of headings. Each heading gets
# one, FILE-HEADING, and links that end in #heading lead to it. Code with a quote inside needs two backticks.
function slug(text) {
  text = tolower(text)
  gsub(/[^a-z0-9 _-]/, "", text)
  gsub(/ /, "-", text)
  return text
}
BEGIN {
  file = ARGV[1]
  sub(/.*\//, "", file)
  sub(/\.md$/, "", file)
}
/^```/ { in_code = !in_code }
!in_code && /^##+ / {
  heading = $0
  sub(/^#+ /, "", heading)
  $0 = $0 " {#" file "-" slug(heading) "}"
}
!in_code {
  gsub(/`[^`]*'[^`]*`/, "`&`")
  gsub(/\]\(#/, "](#" file "-")
  while (match($0, /\]\([A-Za-z0-9_.\/-]*[A-Za-z0-9_-]+\.md#/)) {
    link = substr($0, RSTART + 2, RLENGTH - 3)
    sub(/.*\//, "", link)
    sub(/\.md$/, "", link)
    $0 = substr($0, 1, RSTART) "(#" link "-" substr($0, RSTART + RLENGTH)
  }
}
{ print }
