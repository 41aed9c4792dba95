// SPDX-License-Identifier: Apache-2.0
import CArchive
import LinuxKernel

/// The uncompressed bytes of a file that may be gzip or zstd, hashed and counted as they pass.
@safe final class Decompressor {
    private let archive: OpaquePointer
    private let subject: String
    private var limit: Int64
    private var atEnd = false
    private var hash = Digest.Hash()
    /// Why the last read gave nothing.
    private(set) var failure: ImageError?

    /// Begins with what is at the descriptor's place; the caller keeps it open.
    ///
    /// More uncompressed bytes than the limit are an error, so that
    /// a small file cannot fill the machine.
    init(_ descriptor: Int32, limit: Int64, subject: String) throws(ImageError) {
        guard let archive = unsafe archive_read_new() else { fatalError("out of memory") }
        unsafe self.archive = unsafe archive
        self.limit = limit
        self.subject = subject
        // Nothing but what layers are made of: libarchive's other readers stay out of reach of a hostile image.
        let steps = unsafe [
            archive_read_support_filter_gzip(archive), archive_read_support_filter_zstd(archive),
            archive_read_support_format_raw(archive), archive_read_support_format_empty(archive),
            archive_read_open_fd(archive, descriptor, 1 << 20),
        ]
        guard steps.allSatisfy({ $0 == ARCHIVE_OK }) else { throw unsafe error(of: archive, subject) }
        var entry: OpaquePointer?
        switch unsafe archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: break
        case ARCHIVE_EOF: atEnd = true
        default: throw unsafe error(of: archive, subject)
        }
    }

    deinit { _ = unsafe archive_read_free(archive) }

    /// Bytes of the compressed file that have been read.
    var consumed: Int64 { unsafe archive_filter_bytes(archive, -1) }

    /// The next bytes, valid until the next call; empty at the end, nil when there is a ``failure``.
    func next() -> UnsafeRawBufferPointer? {
        var block: UnsafeRawPointer?
        var size = 0
        var offset: Int64 = 0
        while !atEnd {
            switch unsafe archive_read_data_block(archive, &block, &size, &offset) {
            case ARCHIVE_OK where size == 0: continue
            case ARCHIVE_OK: break
            case ARCHIVE_EOF:
                atEnd = true
                continue
            default:
                failure = unsafe error(of: archive, subject)
                return nil
            }
            limit -= Int64(size)
            if limit < 0 {
                failure = ImageError(.invalidImage, "\(subject) is larger, uncompressed, than may be unpacked")
                return nil
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: block, count: size)
            unsafe hash.update(bytes.bytes)
            return unsafe bytes
        }
        return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Reads what is left, and returns the digest of all uncompressed bytes.
    func finish() throws(ImageError) -> Digest {
        while let bytes = unsafe next() {
            if unsafe bytes.isEmpty { return hash.finish() }
        }
        throw failure ?? ImageError(.invalidImage, subject)
    }
}

/// A tar file, entry by entry.
@safe final class TarReader {
    private let archive: OpaquePointer
    private let source: Decompressor
    private let subject: String
    private let locale: UTF8Locale

    init(_ source: Decompressor, subject: String) throws(ImageError) {
        // libarchive reads names by the calling thread's locale; in the C locale it warns of each that is not ASCII.
        guard let locale = UTF8Locale() else {
            throw ImageError(.store, "this machine has no locale C.UTF-8, which file names in images need")
        }
        guard let archive = unsafe archive_read_new() else { fatalError("out of memory") }
        self.locale = locale
        unsafe self.archive = unsafe archive
        self.source = source
        self.subject = subject
        let steps = unsafe [
            archive_read_support_format_tar(archive), archive_read_support_format_empty(archive),
            archive_read_open(
                archive, Unmanaged.passUnretained(source).toOpaque(), nil,
                { archive, context, block in
                    guard let context = unsafe context, let block = unsafe block else { return -1 }
                    let source = unsafe Unmanaged<Decompressor>.fromOpaque(context).takeUnretainedValue()
                    guard let bytes = unsafe source.next() else { return -1 }
                    unsafe block.pointee = bytes.baseAddress
                    return bytes.count
                }, nil),
        ]
        guard steps.allSatisfy({ $0 == ARCHIVE_OK }) else { throw problem() }
    }

    deinit { _ = unsafe archive_read_free(archive) }

    /// The next entry, or nil at the end.
    func next() throws(ImageError) -> TarEntry? {
        var raw: OpaquePointer?
        switch unsafe archive_read_next_header(archive, &raw) {
        case ARCHIVE_OK: break
        case ARCHIVE_EOF: return nil
        default: throw problem()
        }
        guard let raw = unsafe raw else { throw problem() }
        return try unsafe TarEntry(raw, subject: subject)
    }

    /// The bytes of the entry at hand, part by part, each with its place in the file; what is between parts is zero.
    func readContent(_ body: (RawSpan, Int64) throws(ImageError) -> Void) throws(ImageError) {
        var block: UnsafeRawPointer?
        var size = 0
        var offset: Int64 = 0
        while true {
            switch unsafe archive_read_data_block(archive, &block, &size, &offset) {
            case ARCHIVE_OK: break
            case ARCHIVE_EOF: return
            default: throw problem()
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: block, count: size)
            try unsafe body(bytes.bytes, offset)
        }
    }

    /// What is wrong: with the bytes that come, else with what they say.
    private func problem() -> ImageError { unsafe source.failure ?? error(of: archive, subject) }
}

/// libarchive's last error.
private func error(of archive: OpaquePointer, _ subject: String) -> ImageError {
    let text = unsafe archive_error_string(archive).map { unsafe String(cString: $0) } ?? "unreadable"
    return ImageError(.invalidImage, "\(subject): \(text)")
}
