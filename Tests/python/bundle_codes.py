"""The rules by which our reader refuses each bundle that `samples/python/hostile_bundles.py` makes."""

GROUPS = {
    "TB001": """
        file-empty magic-text-mode magic-of-gguf
    """,
    "TB002": """
        version-0 version-2
    """,
    "TB003": """
        superblock-digest superblock-byte-count generation-0 generation-2 superblock-reserved-first
        superblock-reserved-last
    """,
    "TB004": """
        required-feature-unknown required-feature-63 required-feature-reserved required-feature-lz4-unused
        required-feature-lz4-missing
    """,
    "TB005": """
        file-without-superblock file-superblock-only file-truncated file-trailing-byte file-byte-count-larger
        file-byte-count-smaller file-byte-count-zero
    """,
    "TB006": """
        directory-offset-0 directory-offset-odd directory-offset-past-end directory-offset-wraps
        directory-too-small directory-too-large directory-past-end directory-byte-count-wraps
    """,
    "TB007": """
        directory-digest directory-changed
    """,
    "TB008": """
        section-alignment-0 section-alignment-96 section-alignment-32 section-alignment-4-mib tensor-alignment-0
        tensor-alignment-32 tensor-alignment-96 tensor-alignment-above-sections
    """,
    "TB009": """
        table-first-not-at-144 table-first-at-0 table-offset-wraps tables-swapped table-padding table-overlap
        table-count-wraps table-count-largest table-count-one-more strings-one-more strings-end-early
    """,
    "TB010": """
        strings-lone-continuation strings-byte-ff strings-overlong strings-overlong-3 strings-overlong-4
        strings-surrogate strings-above-10ffff strings-cut-character strings-nul strings-end-inside-character
        strings-nul-between-names string-begins-inside-character string-ends-inside-character
        string-value-ends-inside-character string-empty-inside-character member-name-outside-pool
        member-name-offset-largest relation-kind-outside-pool field-key-outside-pool field-string-outside-pool
        tensor-name-outside-pool section-name-outside-pool
    """,
    "TB011": """
        member-role-0 member-role-6 member-role-7 member-role-2147483648 member-roles-out-of-order
        member-two-primaries member-two-routers member-name-empty member-name-256-bytes member-name-twice
        member-first-tensor member-tensors-left-over member-tensors-too-many member-tensor-count-largest
        member-tokenizer-out-of-range member-tokenizer-of-other-role member-tokenizer-uses-itself
        member-tokenizer-digest member-tokenizer-digest-alone members-1025 member-tensor-set-digest-of-none
    """,
    "TB012": """
        tensor-name-empty tensor-names-swapped tensor-names-equal tensor-type-0 tensor-type-23 tensor-type-39
        tensor-type-67 tensor-type-255 tensor-rank-65 tensor-shape-outside-pool tensor-shape-offset-largest
        tensor-payload-out-of-range tensor-payload-largest tensor-elements-wrap-to-0 tensor-elements-wrap-to-4
        tensor-elements-2-63 tensor-bytes-wrap-to-0 tensor-empty-but-overflows tensor-empty-but-overflows-first
        tensor-last-dimension tensor-rank-0-of-blocks tensor-sub-byte-unfilled tensor-six-bit-unfilled
        tensor-longer-than-payload tensor-shorter-than-payload tensor-rank-0-with-two-elements
        tensor-empty-rows-of-part-blocks tensor-q8-1-of-40-bytes payload-byte-count
    """,
    "TB013": """
        payload-misaligned payload-overlap payloads-out-of-order payload-in-superblock payload-in-document
        payload-past-section payload-past-file payload-offset-wraps payload-byte-count-wraps
        payload-across-sections payload-first-block payload-first-block-0 payload-encoding
        payload-without-tensor-sections
    """,
    "TB014": """
        block-digests-too-long section-kind-0 section-kind-9 section-flag-unknown section-flag-beside-lz4
        section-tensors-as-lz4 section-blocks-as-lz4 section-name-of-blocks section-name-of-tensors
        section-member-out-of-range section-tensors-of-no-member section-file-map-of-no-member
        section-reserved-20 section-reserved-80 section-reserved-103 section-misaligned
        section-tensors-misaligned section-overlap section-in-directory section-in-superblock
        sections-out-of-order section-gap section-gap-after-directory sections-end-early
        section-plain-byte-count section-digest-of-tensors section-past-end section-byte-count-wraps
        section-offset-wraps section-manifest-as-lz4 section-name-of-manifest section-blocks-of-member
        section-manifest-of-member section-header-of-no-member section-template-of-no-member section-lz4-ratio
        section-lz4-ratio-wraps section-lz4-of-no-bytes section-blocks-not-first section-document-after-tensors
        section-template-after-tensors section-tensors-after-manifest sections-two-with-blocks
        sections-none-with-blocks sections-two-manifests sections-no-manifest sections-none path-empty
        path-absolute path-parent path-parent-inside path-parent-last path-only-parent path-only-here
        path-here-inside path-part-empty path-part-last-empty path-backslash path-drive path-line-feed
        path-unit-separator path-delete path-of-header-unsafe path-of-bundle-unsafe path-of-4097-bytes
        sections-4097 section-name-of-metadata section-name-of-template section-name-of-file-map
        section-lz4-too-long section-file-map-too-long path-twice path-twice-in-bundle path-of-header-twice
        section-templates-of-one-name section-tensors-of-member-twice
    """,
    "TB015": """
        relation-kind-unknown relation-kind-empty relation-from-out-of-range relation-to-out-of-range
        relation-reversed relation-to-tokenizer relation-twice relation-twice-apart
    """,
    "TB016": """
        member-first-field member-fields-too-many member-field-count-largest relation-first-field
        relation-fields-left-over relation-fields-too-many field-key-empty field-type-0 field-type-7
        field-type-257 field-truth-2 field-truth-high-byte field-string-offset-wraps field-list-outside-pool
        field-list-index-wraps field-list-empty-past-pool field-count-of-number field-reserved
        field-keys-swapped field-keys-equal
    """,
    "TB020 TB024": """
        block-digest-changed
    """,
    "TB020 TB025": """
        payload-changed
    """,
    "TB021": """
        section-changed section-digest-of-manifest
    """,
    "TB021 TB024": """
        section-digest section-digest-of-blocks
    """,
    "TB022": """
        padding-between-payloads padding-before-tensor-section padding-before-document padding-before-manifest
        padding-after-directory
    """,
    "TB023": """
        lz4-magic lz4-skippable lz4-version lz4-linked-blocks lz4-no-content-size lz4-no-content-checksum
        lz4-reserved-flag lz4-dictionary lz4-block-size-code lz4-reserved-limit lz4-content-size
        lz4-block-too-long lz4-block-past-end lz4-no-end-mark lz4-shorter-than-header lz4-trailing-bytes
        lz4-second-frame lz4-header-checksum lz4-content-checksum lz4-block-damaged lz4-content-shorter
        lz4-content-longer lz4-block-checksums lz4-empty-section
    """,
    "TB024": """
        manifest-order manifest-escapes manifest-float manifest-float-digits manifest-empty manifest-not-json
        manifest-cut manifest-text-after manifest-not-utf-8 manifest-byte-order-mark manifest-key-twice
        manifest-nan manifest-deep manifest-deep-value manifest-array manifest-format manifest-version
        manifest-version-true manifest-version-with-point manifest-alignment manifest-extra-key
        manifest-missing-key manifest-member-missing manifest-member-name manifest-member-role
        manifest-member-tokenizer manifest-member-tensor_set_digest manifest-member-config_digest
        manifest-member-tokenizer_digest manifest-digest-of-none manifest-field manifest-field-float
        manifest-field-truth manifest-field-list manifest-field-missing manifest-field-extra
        manifest-tensor-missing manifest-tensor-name manifest-tensor-type manifest-tensor-shape
        manifest-tensor-offset manifest-tensor-byte-count manifest-tensor-payload manifest-relation-missing
        manifest-relation-kind manifest-relation-from manifest-relation-to manifest-relation-field
        manifest-section-missing manifest-lists-itself manifest-section-kind manifest-section-name
        manifest-section-member manifest-section-offset manifest-section-stored manifest-section-byte-count
        manifest-section-digest manifest-section-digest-missing
    """,
    "TB024 TB025": """
        member-tensor-set-digest
    """,
    "TB024 TB025 TB027": """
        payload-unused
    """,
    "TB024 TB026": """
        member-config-digest member-config-digest-of-none
    """,
    "TB024 TB027": """
        payload-in-section-of-other-member
    """,
    "TB024 TB028": """
        file-map-too-short file-map-too-many-files file-map-cut file-map-path-outside-pool
        file-map-first-segment file-map-segments-left-over file-map-segments-too-many file-map-path-twice
        file-map-path-inside-character
    """,
    "TB028": """
        lz4-file-map-past-payload file-map-segment-kind file-map-zeros-with-index file-map-zeros-with-start
        file-map-section-unknown file-map-payload-unknown file-map-past-section file-map-past-payload
        file-map-start-wraps file-map-zeros-too-long file-map-section-of-kind-1 file-map-section-of-kind-2
        file-map-section-of-kind-3 file-map-section-of-kind-8 file-map-path-empty file-map-path-absolute
        file-map-path-parent file-map-path-parent-inside file-map-path-parent-last file-map-path-only-parent
        file-map-path-only-here file-map-path-here-inside file-map-path-part-empty file-map-path-part-last-empty
        file-map-path-backslash file-map-path-drive file-map-path-line-feed file-map-path-unit-separator
        file-map-path-delete file-map-folder-of-another file-map-path-of-4097-bytes file-map-files-too-long
    """,
    "TB029": """
        template-not-utf-8 template-overlong template-cut-character lz4-template-not-utf-8
    """,
}

CODES = {name: codes for codes, names in GROUPS.items() for name in names.split()}
