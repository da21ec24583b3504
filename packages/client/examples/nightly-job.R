# Scores a file and saves the results: Rscript nightly-job.R FILE FOLDER
# Needs the package curl, and CYTOQUEUE_URL and CYTOQUEUE_API_KEY.
# Exit status: 0 all scored, 1 failed, 5 some rows not, 6 unlike the training data.
library(curl)

url <- sub("/+$", "", Sys.getenv("CYTOQUEUE_URL"))
key <- paste(format(as.numeric(Sys.time()) * 1000, scientific = FALSE), Sys.getpid(), sep = "-")

# Sends a request, up to five times while the service cannot be reached. Returns the body as text, or the saved path.
request <- function(path, form = NULL, save = NULL) {
  for (attempt in 1:5) {
    handle <- new_handle(failonerror = FALSE)
    headers <- c(Authorization = paste("Bearer", Sys.getenv("CYTOQUEUE_API_KEY")))
    # The same key in each attempt: a repeated upload creates nothing twice.
    if (!is.null(form)) headers <- c(headers, "Idempotency-Key" = key)
    do.call(handle_setheaders, c(list(handle), as.list(headers)))
    if (!is.null(form)) do.call(handle_setform, c(list(handle), form))
    response <- tryCatch(curl_fetch_memory(paste0(url, path), handle), error = function(e) NULL)
    if (!is.null(response) && !(response$status_code %in% c(429, 502, 503, 504))) break
    Sys.sleep(2^attempt / 4)
  }
  if (is.null(response)) stop("the service cannot be reached")
  if (response$status_code >= 400) stop(rawToChar(response$content))
  if (is.null(save)) return(rawToChar(response$content))
  writeBin(response$content, save)
  invisible(save)
}

# The value of a member that stands once in the JSON of a batch, such as "status".
member <- function(json, name) sub(paste0('.*?"', name, '":"?([^",}]*).*'), "\\1", json, perl = TRUE)

arguments <- commandArgs(trailingOnly = TRUE)
file <- arguments[1]
folder <- arguments[2]
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
batch <- request("/v1/batches", form = list(file = form_file(file, "text/csv")))
id <- member(batch, "id")
repeat {
  batch <- request(paste0("/v1/batches/", id))
  status <- member(batch, "status")
  if (status %in% c("succeeded", "completed_with_errors", "failed", "canceled")) break
  Sys.sleep(1)
}
if (status %in% c("failed", "canceled")) {
  message(id, " is ", status)
  quit(status = 1)
}
path <- paste0("/v1/batches/", id)
request(paste0(path, "/results"), save = file.path(folder, "results.csv"))
request(paste0(path, "/errors"), save = file.path(folder, "errors.csv"))
# The results keep the delimiter of the file; those of a workbook have commas.
delimiter <- regmatches(batch, regexec('"delimiter":"(\\\\?[^ ])"', batch))[[1]][2]
sep <- if (is.na(delimiter)) "," else if (delimiter == "\\t") "\t" else delimiter
results <- read.csv(file.path(folder, "results.csv"), sep = sep, check.names = FALSE)
scored <- results[results$row_status == "ok", ]
cat(nrow(scored), "of", nrow(results), "rows scored:", sum(scored$predicted_class == "malignant"), "malignant\n")
if (grepl('"verdict":"unlike_training"', batch, fixed = TRUE)) quit(status = 6)
if (status == "completed_with_errors") quit(status = 5)
